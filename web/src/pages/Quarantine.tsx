import { Anchor, Button, Group, Text } from "@mantine/core";
import { IconArrowBackUp, IconBox, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { post } from "../api/client";
import { useQuarantine } from "../api/queries";
import type { QuarantineItem } from "../api/types";
import { splitPath, useFormat } from "../app/format";
import { useCodes } from "../app/i18n";
import { Confirm } from "../parts/Confirm";
import { type Column, DataTable, More } from "../parts/DataTable";
import { noteDone, noteFailure } from "../parts/notes";
import { PageHead } from "../parts/PageHead";
import { Pill } from "../parts/Pill";
import { Empty, Failed, Waiting } from "../parts/states";
import { QUARANTINE_TONE } from "../parts/stateTones";
import { DetectionNames, Moment, PathText } from "../parts/texts";

type Deed = "restore" | "delete";
type Asked = { deed: Deed; item: QuarantineItem };

function nameOf(item: QuarantineItem) {
  return splitPath(item.path).name;
}

function canAct(item: QuarantineItem) {
  return item.state === "held" || item.state === "failed";
}

function Buttons({ item, ask }: { item: QuarantineItem; ask: (asked: Asked) => void }) {
  const { t } = useTranslation();
  if (!canAct(item)) return null;
  return (
    <Group gap="xs" wrap="nowrap">
      <Button
        size="xs"
        variant="default"
        leftSection={<IconArrowBackUp size={16} aria-hidden />}
        aria-label={t("quarantine.restoreNamed", { file: nameOf(item) })}
        onClick={() => ask({ deed: "restore", item })}
      >
        {t("quarantine.restore")}
      </Button>
      <Button
        size="xs"
        variant="subtle"
        color="red.9"
        className="danger-button"
        leftSection={<IconTrash size={16} aria-hidden />}
        aria-label={t("quarantine.deleteNamed", { file: nameOf(item) })}
        onClick={() => ask({ deed: "delete", item })}
      >
        {t("quarantine.delete")}
      </Button>
    </Group>
  );
}

function State({ item }: { item: QuarantineItem }) {
  const { t } = useTranslation();
  const codes = useCodes();
  return (
    <span className="two-lines">
      <Pill tone={QUARANTINE_TONE[item.state]}>{t(`quarantineState.${item.state}`)}</Pill>
      {item.state === "failed" && item.error !== null && item.error !== "" && (
        <span className="dim">{codes("quarantineError", item.error)}</span>
      )}
    </span>
  );
}

function useColumns(ask: (asked: Asked) => void): Column<QuarantineItem>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "file",
      title: t("quarantine.file"),
      className: "col-main",
      render: (q) => (
        <span className="two-lines">
          <PathText path={q.path} />
          <DetectionNames detections={q.detections} />
        </span>
      ),
    },
    { key: "state", title: t("quarantine.state"), render: (q) => <State item={q} /> },
    {
      key: "endpoint",
      title: t("incidents.endpoint"),
      render: (q) => (
        <Anchor component={Link} href={`/endpoints/${q.endpoint.id}`} className="standing-link">
          {q.endpoint.name}
        </Anchor>
      ),
    },
    { key: "size", title: t("quarantine.size"), className: "col-number", render: (q) => format.bytes(q.size) },
    { key: "time", title: t("quarantine.since"), render: (q) => <Moment time={q.time} /> },
    {
      key: "do",
      title: t("quarantine.actions"),
      className: "col-actions",
      render: (q) => <Buttons item={q} ask={ask} />,
    },
  ];
}

function Ask({ asked, onDone }: { asked: Asked; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { deed, item } = asked;
  const names = { file: nameOf(item), path: item.path, endpoint: item.endpoint.name };
  const act = useMutation({
    mutationFn: () =>
      post(
        `/api/v1/quarantine/${encodeURIComponent(item.endpoint.id)}/${encodeURIComponent(item.quarantine_id)}/${deed}`,
      ),
    onSuccess: () => {
      noteDone(t(`quarantine.${deed}Sent`, names));
      void client.invalidateQueries({ queryKey: ["quarantine"] });
      onDone();
    },
    onError: (error) => noteFailure(t, error),
  });
  return (
    <Confirm
      title={t(`quarantine.${deed}Title`)}
      yes={t(`quarantine.${deed}Yes`)}
      danger={deed === "delete"}
      busy={act.isPending}
      onYes={() => act.mutate()}
      onNo={onDone}
    >
      <div className="ask-file">
        <PathText path={item.path} />
        <DetectionNames detections={item.detections} />
      </div>
      <Text>{t(`quarantine.${deed}Will`, names)}</Text>
      <Text size="sm" c="dimmed">
        {t(`quarantine.${deed}Mind`, names)}
      </Text>
    </Confirm>
  );
}

function List({ ask }: { ask: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const query = useQuarantine();
  const columns = useColumns(ask);
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];

  if (query.isPending) return <Waiting lines={6} />;
  if (query.isError && items.length === 0)
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (items.length === 0)
    return (
      <Empty icon={<IconBox size={30} stroke={1.5} />} title={t("quarantine.empty")}>
        {t("quarantine.emptyText")}
      </Empty>
    );
  return (
    <>
      <DataTable
        caption={t("nav.quarantine")}
        columns={columns}
        items={items}
        keyOf={(q) => `${q.endpoint.id}/${q.quarantine_id}`}
      />
      <More query={query} />
    </>
  );
}

export function Quarantine() {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <>
      <PageHead title={t("nav.quarantine")} lead={t("quarantine.lead")} />
      <section className="panel">
        <List ask={setAsked} />
      </section>
      {asked !== null && <Ask asked={asked} onDone={() => setAsked(null)} />}
    </>
  );
}
