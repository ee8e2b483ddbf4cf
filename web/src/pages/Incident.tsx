import { Anchor, Button, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { post } from "../api/client";
import { useIncident } from "../api/queries";
import type { Incident } from "../api/types";
import { programName, useFormat } from "../app/format";
import { useCodes } from "../app/i18n";
import { CloseIncident } from "../parts/CloseIncident";
import { EventList } from "../parts/EventList";
import { noteDone, noteFailure } from "../parts/notes";
import { PageHead } from "../parts/PageHead";
import { Panel } from "../parts/Panel";
import { Pill } from "../parts/Pill";
import { Failed, Waiting } from "../parts/states";
import { kindOf, Story } from "../parts/Story";
import { incidentTone } from "../parts/stateTones";

function Facts({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const format = useFormat();
  const facts: [string, ReactNode][] = [
    [
      t("incidents.endpoint"),
      <Anchor key="endpoint" component={Link} href={`/endpoints/${incident.endpoint.id}`} className="standing-link">
        {incident.endpoint.name}
      </Anchor>,
    ],
    [t("incident.first"), format.full(incident.first)],
    [t("incident.last"), format.full(incident.last)],
    [t("incident.files"), format.number(incident.files)],
    [t("incident.filesRestored"), format.number(incident.files_restored)],
    [t("incident.events"), format.number(incident.events)],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Process({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const { process, user } = incident;
  if (process === null) return <Text size="sm">{t("process.unknownLong")}</Text>;
  const facts: [string, string][] = [
    [t("process.name"), programName(process)],
    [t("process.pid"), String(process.pid)],
    [t("process.path"), process.path],
    [t("process.command"), process.command],
    [t("process.user"), user ?? ""],
  ];
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
    </dl>
  );
}

function Detections({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const codes = useCodes();
  if (incident.detections.length === 0) return <Text size="sm">{t("incident.noDetections")}</Text>;
  return (
    <ul className="detections">
      {incident.detections.map((d, i) => (
        <li key={`${d.name}-${d.member}-${i}`}>
          <code className="detection-name">{d.name}</code>
          {d.reason && <span>{d.reason}</span>}
          <span className="dim">
            {codes("detectionKind", d.kind)}
            {d.member !== "" && ` · ${t("incident.member", { member: d.member })}`}
            {d.source !== "" && ` · ${t("incident.source", { source: d.source })}`}
            {d.attack && ` · ${t("incident.technique", { technique: d.attack })}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Actions({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isClosing, setClosing] = useState(false);
  const reopen = useMutation({
    mutationFn: () => post(`/api/v1/incidents/${encodeURIComponent(incident.id)}/reopen`),
    onSuccess: () => {
      noteDone(t("incident.reopened"));
      void client.invalidateQueries();
    },
    onError: (error) => noteFailure(t, error),
  });
  if (incident.state === "closed")
    return (
      <Button variant="default" loading={reopen.isPending} onClick={() => reopen.mutate()}>
        {t("incident.reopen")}
      </Button>
    );
  return (
    <>
      <Button onClick={() => setClosing(true)}>{t("incident.close")}</Button>
      {isClosing && <CloseIncident id={incident.id} onDone={() => setClosing(false)} />}
    </>
  );
}

function Content({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const timeline = incident.timeline ?? [];
  return (
    <div className="columns">
      <div className="column-wide">
        <Story incident={incident} />
        <Panel title={t("incident.timeline")} flush>
          <EventList events={timeline} label={t("incident.timeline")} ordered hole={incident.timeline_hole} />
        </Panel>
      </div>
      <div className="column-slim">
        <Panel title={t("incident.facts")}>
          <Facts incident={incident} />
        </Panel>
        <Panel title={t("incident.process")}>
          <Process incident={incident} />
        </Panel>
        <Panel title={t("incident.detections")}>
          <Detections incident={incident} />
        </Panel>
      </div>
    </div>
  );
}

export function IncidentPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const codes = useCodes();
  const query = useIncident(id);
  const incident = query.data;
  const title =
    incident === undefined
      ? t("nav.incidents")
      : codes("incidentKind", kindOf(incident), { count: incident.files }, "title");
  return (
    <>
      <PageHead
        title={title}
        back={{ href: "/incidents", text: t("nav.incidents") }}
        badge={
          incident !== undefined && (
            <Pill tone={incidentTone(incident)}>
              {incident.state === "open" ? t("incidents.isOpen") : t(`closeReason.${incident.close_reason}`)}
            </Pill>
          )
        }
        actions={incident !== undefined && <Actions incident={incident} />}
      />
      {query.isPending && <Waiting lines={8} />}
      {query.isError && incident === undefined && (
        <Failed error={query.error} retry={() => void query.refetch()} />
      )}
      {incident !== undefined && <Content incident={incident} />}
    </>
  );
}
