import { Anchor, SegmentedControl } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useSearch } from "wouter";
import { type IncidentFilter, useIncidents } from "../api/queries";
import type { Incident } from "../api/types";
import { programName, useFormat } from "../app/format";
import { kindOf } from "../parts/Story";
import { useCodes } from "../app/i18n";
import { type Column, DataTable, More } from "../parts/DataTable";
import { PageHead } from "../parts/PageHead";
import { Pill } from "../parts/Pill";
import { Empty, Failed, Waiting } from "../parts/states";
import { incidentTone } from "../parts/stateTones";
import { DetectionNames, Moment } from "../parts/texts";

function useColumns(): Column<Incident>[] {
  const { t } = useTranslation();
  const codes = useCodes();
  const format = useFormat();
  return [
    {
      key: "what",
      title: t("incidents.what"),
      className: "col-main",
      render: (i) => (
        <span className="two-lines">
          <Anchor component={Link} href={`/incidents/${encodeURIComponent(i.id)}`} className="row-link">
            {codes("incidentKind", kindOf(i), { count: i.files }, "title")}
          </Anchor>
          <DetectionNames detections={i.detections} />
        </span>
      ),
    },
    {
      key: "state",
      title: t("incidents.state"),
      render: (i) => (
        <Pill tone={incidentTone(i)}>
          {i.state === "open" ? t(`severity.${i.severity}`) : t("incidents.closedAs", { why: t(`closeReason.${i.close_reason}`) })}
        </Pill>
      ),
    },
    {
      key: "endpoint",
      title: t("incidents.endpoint"),
      render: (i) => (
        <Anchor component={Link} href={`/endpoints/${i.endpoint.id}`} className="standing-link">
          {i.endpoint.name}
        </Anchor>
      ),
    },
    {
      key: "who",
      title: t("incidents.process"),
      render: (i) =>
        i.process === null ? (
          <span className="dim">{t("process.unknown")}</span>
        ) : (
          <span className="two-lines">
            <code>{programName(i.process)}</code>
            {i.user !== null && i.user !== "" && <span className="dim">{t("process.by", { user: i.user })}</span>}
          </span>
        ),
    },
    { key: "files", title: t("incidents.files"), className: "col-number", render: (i) => format.number(i.files) },
    { key: "last", title: t("incidents.last"), render: (i) => <Moment time={i.last} /> },
  ];
}

function List({ filter }: { filter: IncidentFilter }) {
  const { t } = useTranslation();
  const query = useIncidents(filter);
  const columns = useColumns();
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];

  if (query.isPending) return <Waiting lines={6} />;
  if (query.isError && items.length === 0)
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (items.length === 0)
    return (
      <Empty icon={<IconShieldCheck size={30} stroke={1.5} />} title={t(`incidents.empty_${filter}`)}>
        {t("incidents.emptyText")}
      </Empty>
    );
  return (
    <>
      <DataTable caption={t("nav.incidents")} columns={columns} items={items} keyOf={(i) => i.id} />
      <More query={query} />
    </>
  );
}

const FILTERS: IncidentFilter[] = ["open", "closed", "all"];

export function Incidents() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const asked = new URLSearchParams(useSearch()).get("state");
  const filter = FILTERS.find((f) => f === asked) ?? "open";
  return (
    <>
      <PageHead title={t("nav.incidents")} lead={t("incidents.lead")} />
      <section className="panel">
        <div className="panel-bar">
          <SegmentedControl
            aria-label={t("incidents.filter")}
            value={filter}
            onChange={(value) => go(`/incidents?state=${value}`, { replace: true })}
            data={FILTERS.map((value) => ({ value, label: t(`incidents.filter_${value}`) }))}
          />
        </div>
        <List filter={filter} />
      </section>
    </>
  );
}
