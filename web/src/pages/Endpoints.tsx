import { Anchor, Button } from "@mantine/core";
import { IconPlus, IconServer2 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useSearch } from "wouter";
import { useEndpoints } from "../api/queries";
import type { Endpoint } from "../api/types";
import { useFormat } from "../app/format";
import { AddServer } from "../parts/AddServer";
import { type Column, DataTable, More } from "../parts/DataTable";
import { PageHead } from "../parts/PageHead";
import { Pill } from "../parts/Pill";
import { ENDPOINT_TONE, endpointStanding } from "../parts/stateTones";
import { Empty, Failed, Waiting } from "../parts/states";
import { Ago } from "../parts/texts";

function useColumns(): Column<Endpoint>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "name",
      title: t("endpoints.name"),
      className: "col-main",
      render: (e) => (
        <span className="two-lines">
          <Anchor component={Link} href={`/endpoints/${e.id}`} className="row-link">
            {e.name}
          </Anchor>
          <span className="dim">{e.os}</span>
        </span>
      ),
    },
    {
      key: "state",
      title: t("endpoints.state"),
      render: (e) => {
        const standing = endpointStanding(e);
        return <Pill tone={ENDPOINT_TONE[standing]}>{t(`endpointState.${standing}`)}</Pill>;
      },
    },
    {
      key: "folders",
      title: t("endpoints.folders"),
      render: (e) => (
        <span className="path-list">
          {e.protected.map((folder) => (
            <code key={folder}>{folder}</code>
          ))}
          {e.protected.length === 0 && <span className="dim">{t("endpoints.noFolder")}</span>}
        </span>
      ),
    },
    { key: "seen", title: t("endpoints.seen"), render: (e) => <Ago time={e.last_seen} /> },
    {
      key: "stopped",
      title: t("endpoints.stopped"),
      className: "col-number",
      render: (e) => format.number((e.counters.denied ?? 0) + (e.counters.quarantined ?? 0)),
    },
  ];
}

function List() {
  const { t } = useTranslation();
  const query = useEndpoints();
  const columns = useColumns();
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];

  if (query.isPending) return <Waiting lines={6} />;
  if (query.isError && items.length === 0)
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (items.length === 0)
    return (
      <Empty
        icon={<IconServer2 size={30} stroke={1.5} />}
        title={t("endpoints.empty")}
        action={
          <Button component={Link} href="/endpoints?add">
            {t("endpoints.add")}
          </Button>
        }
      >
        {t("endpoints.emptyText")}
      </Empty>
    );
  return (
    <>
      <DataTable caption={t("nav.endpoints")} columns={columns} items={items} keyOf={(e) => e.id} />
      <More query={query} />
    </>
  );
}

export function Endpoints() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const isAdding = new URLSearchParams(useSearch()).has("add");
  return (
    <>
      <PageHead
        title={t("nav.endpoints")}
        lead={t("endpoints.lead")}
        actions={
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => go("/endpoints?add")}>
            {t("endpoints.add")}
          </Button>
        }
      />
      <section className="panel">
        <List />
      </section>
      {isAdding && <AddServer onClose={() => go("/endpoints", { replace: true })} />}
    </>
  );
}
