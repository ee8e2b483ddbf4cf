/* An incident in plain words: what happened, what was done, what to do next. */
import { Anchor } from "@mantine/core";
import { IconCheck, IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Incident } from "../api/types";
import { programName, splitPath, useFormat } from "../app/format";
import { useCodes } from "../app/i18n";
import { Panel } from "./Panel";

const NOT_DONE = new Set(["none", "allowed", ""]);
const ORDER = ["stopped", "denied", "quarantined", "rolled_back", "restored", "allowed", "none"];

export function kindOf(incident: Incident): string {
  return incident.code.replace(/^incident\./, "");
}

/* What the sentences may name. A missing fact becomes a word for the unknown, not a hole. */
function useFacts(incident: Incident) {
  const { t } = useTranslation();
  const format = useFormat();
  const path = incident.timeline?.find((e) => e.path !== null && e.path !== "")?.path ?? "";
  return {
    count: incident.files,
    files: format.number(incident.files),
    restored: format.number(incident.files_restored),
    file: path === "" ? t("event.someFile") : splitPath(path).name,
    endpoint: incident.endpoint.name,
    process: programName(incident.process) || t("event.someProcess"),
    user: incident.user || t("process.someUser"),
    detection: incident.detections[0]?.name ?? t("incident.noName"),
    when: format.full(incident.first),
  };
}

function Done({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const codes = useCodes();
  const actions = [...new Set(incident.actions)].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const shown = actions.filter((a) => a !== "" && (a !== "none" || actions.length === 1));
  if (shown.length === 0) return <p>{t("done.nothing")}</p>;
  return (
    <ul className="done">
      {shown.map((action) => {
        const Icon = NOT_DONE.has(action) ? IconInfoCircle : IconCheck;
        return (
          <li key={action} data-done={!NOT_DONE.has(action)}>
            <Icon size={18} aria-hidden />
            <span>{codes("done", action, { count: incident.files_restored })}</span>
          </li>
        );
      })}
    </ul>
  );
}

function useSteps(incident: Incident, facts: Record<string, unknown>): string[] {
  const { t } = useTranslation();
  const kind = kindOf(incident);
  if (incident.state === "closed") return [t("story.closedStep")];
  const steps = t(`incidentKind.${kind}.steps`, { ...facts, returnObjects: true, defaultValue: [] }) as unknown;
  return Array.isArray(steps) && steps.length > 0 ? steps.map(String) : [t("story.anyStep")];
}

export function Story({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const codes = useCodes();
  const facts = useFacts(incident);
  const steps = useSteps(incident, facts);
  return (
    <Panel title={t("story.title")}>
      <div className="story">
        <h3>{t("story.happened")}</h3>
        <p>{codes("incidentKind", kindOf(incident), facts, "happened")}</p>
        <h3>{t("story.done")}</h3>
        <Done incident={incident} />
        {incident.actions.includes("quarantined") && (
          <Anchor component={Link} href="/quarantine" className="standing-link">
            {t("story.toQuarantine")}
          </Anchor>
        )}
        <h3>{t("story.next")}</h3>
        <ol className="steps">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
    </Panel>
  );
}
