import { IconListDetails } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useAudit } from "../api/queries";
import type { AuditItem } from "../api/types";
import { useCodes } from "../app/i18n";
import { type Column, DataTable, More } from "../parts/DataTable";
import { PageHead } from "../parts/PageHead";
import { Empty, Failed, Waiting } from "../parts/states";
import { Moment } from "../parts/texts";

function useColumns(): Column<AuditItem>[] {
  const { t } = useTranslation();
  const codes = useCodes();
  return [
    { key: "time", title: t("audit.time"), render: (a) => <Moment time={a.time} /> },
    { key: "who", title: t("audit.who"), render: (a) => a.who },
    { key: "verb", title: t("audit.verb"), className: "col-main", render: (a) => codes("verb", a.verb) },
    { key: "object", title: t("audit.object"), render: (a) => a.object !== "" && <code className="wrap">{a.object}</code> },
    { key: "detail", title: t("audit.detail"), render: (a) => <span className="wrap">{a.detail}</span> },
    {
      key: "hash",
      title: t("audit.hash"),
      render: (a) => <code title={a.hash} className="seal">{a.hash.slice(0, 10)}</code>,
    },
  ];
}

function List() {
  const { t } = useTranslation();
  const query = useAudit();
  const columns = useColumns();
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];

  if (query.isPending) return <Waiting lines={6} />;
  if (query.isError && items.length === 0)
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (items.length === 0)
    return (
      <Empty icon={<IconListDetails size={30} stroke={1.5} />} title={t("audit.empty")}>
        {t("audit.emptyText")}
      </Empty>
    );
  return (
    <>
      <DataTable caption={t("nav.audit")} columns={columns} items={items} keyOf={(a) => String(a.seq)} />
      <More query={query} />
    </>
  );
}

export function Audit() {
  const { t } = useTranslation();
  return (
    <>
      <PageHead title={t("nav.audit")} lead={t("audit.lead")} />
      <section className="panel">
        <List />
      </section>
    </>
  );
}
