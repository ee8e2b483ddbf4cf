/* Events as sentences: what happened, to which file, by whom, when, and what was done. */
import { Anchor } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconBox,
  IconCheck,
  IconClockExclamation,
  IconFileUnknown,
  IconHandStop,
  IconHeartBroken,
  IconHistory,
  IconInfoCircle,
  IconKey,
  IconPlayerStop,
  IconPower,
  IconRefresh,
  IconShieldHalf,
  IconTrash,
  IconUserCheck,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { EventSummary, TimelineHole } from "../api/types";
import { programName, splitPath, useFormat } from "../app/format";
import { useCodes } from "../app/i18n";
import type { Tone } from "./Pill";
import { DetectionNames, Moment, ProcessText } from "./texts";

interface Look {
  icon: typeof IconBox;
  tone: Tone;
}

const LOOKS: Record<string, Look> = {
  "agent.started": { icon: IconPower, tone: "good" },
  "agent.stopped": { icon: IconPower, tone: "attention" },
  "agent.degraded": { icon: IconShieldHalf, tone: "attention" },
  "file.blocked": { icon: IconHandStop, tone: "bad" },
  "file.quarantined": { icon: IconBox, tone: "bad" },
  "file.quarantine_failed": { icon: IconAlertTriangle, tone: "bad" },
  "file.incomplete": { icon: IconFileUnknown, tone: "attention" },
  "file.restored": { icon: IconArrowBackUp, tone: "good" },
  "file.deleted": { icon: IconTrash, tone: "calm" },
  "hold.expired": { icon: IconClockExclamation, tone: "attention" },
  "actor.stopped": { icon: IconPlayerStop, tone: "bad" },
  "file.rolled_back": { icon: IconHistory, tone: "good" },
  "rollback.done": { icon: IconHistory, tone: "good" },
  "worker.died": { icon: IconHeartBroken, tone: "attention" },
  "process.died": { icon: IconHeartBroken, tone: "attention" },
  "actor.allowed": { icon: IconUserCheck, tone: "calm" },
  "breakglass.on": { icon: IconKey, tone: "attention" },
  "breakglass.off": { icon: IconKey, tone: "good" },
  "command.done": { icon: IconCheck, tone: "calm" },
  "content.changed": { icon: IconRefresh, tone: "good" },
  "content.refused": { icon: IconAlertTriangle, tone: "attention" },
  "spool.gap": { icon: IconAlertTriangle, tone: "attention" },
};

/* A code comes from afar: it may be the name of anything. */
function lookOf(code: string): Look {
  const look = Object.hasOwn(LOOKS, code) ? LOOKS[code] : undefined;
  return look ?? { icon: IconInfoCircle, tone: "calm" };
}

/* Every parameter that a sentence of the catalogue may want. */
function useSentence() {
  const codes = useCodes();
  const { t } = useTranslation();
  const format = useFormat();
  return (event: EventSummary): string => {
    const numbers: Record<string, unknown> = { ...event.params };
    for (const key of ["hold_ms", "deadline_ms", "duration_ms"])
      if (typeof numbers[key] === "number") numbers[key.replace(/_ms$/, "")] = format.seconds(numbers[key]);
    const restored = numbers.files_restored ?? numbers.files_touched;
    const code = event.code === "command.done" && numbers.ok === false ? "command.failed" : event.code;
    return codes("event", code, {
      ...numbers,
      count: typeof restored === "number" ? restored : 0,
      file: event.path === null || event.path === "" ? t("event.someFile") : splitPath(event.path).name,
      process: programName(event.process) || t("event.someProcess"),
      endpoint: event.endpoint.name,
    });
  };
}

function Why({ event }: { event: EventSummary }) {
  const codes = useCodes();
  const words = [
    event.trigger !== null && event.trigger !== "" ? codes("trigger", event.trigger) : "",
    event.reason !== null && event.reason !== "" && event.reason !== "detected"
      ? codes("reason", event.reason)
      : "",
  ].filter((word) => word !== "");
  const said: unknown[] = Array.isArray(event.params.reasons) ? event.params.reasons : [];
  const reasons = said.filter((reason) => typeof reason === "string");
  const all = [...words, ...reasons.map((reason) => codes("guard", reason))];
  if (all.length === 0) return null;
  return <span className="event-why">{all.join(" · ")}</span>;
}

/* Files put back, or not understood, by the hundred are one line, which opens to show them all. */
const GATHERED = new Set(["file.rolled_back", "file.incomplete"]);

function gather(events: EventSummary[]): [EventSummary, ...EventSummary[]][] {
  const groups: [EventSummary, ...EventSummary[]][] = [];
  for (const event of events) {
    const last = groups.at(-1)?.[0];
    const isSame =
      last !== undefined &&
      GATHERED.has(event.code) &&
      last.code === event.code &&
      last.reason === event.reason &&
      last.incident === event.incident &&
      last.endpoint.id === event.endpoint.id;
    if (isSame) groups.at(-1)?.push(event);
    else groups.push([event]);
  }
  return groups;
}

function Others({ events }: { events: EventSummary[] }) {
  const { t } = useTranslation();
  if (events.length === 0) return null;
  return (
    <details className="event-more">
      <summary>{t("event.more", { count: events.length })}</summary>
      <ul>
        {events.map((event) => (
          <li key={event.id} className="event-path">
            {event.path}
          </li>
        ))}
      </ul>
    </details>
  );
}

/* Events of the same kind that the console has counted and not sent. */
function Unsent({ count }: { count: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (count <= 0) return null;
  return <p className="event-alike">{t("event.alike", { count, shown: format.number(count) })}</p>;
}

interface EventItemProps {
  event: EventSummary;
  others: EventSummary[];
  showEndpoint: boolean;
  linkIncident: boolean;
}

function EventItem({ event, others, showEndpoint, linkIncident }: EventItemProps) {
  const { t } = useTranslation();
  const sentence = useSentence();
  const look = lookOf(event.code);
  const Icon = look.icon;
  return (
    <li className="event">
      <span className="event-icon" data-tone={look.tone} aria-hidden>
        <Icon size={18} stroke={1.8} />
      </span>
      <div className="event-text">
        <p className="event-what">{sentence(event)}</p>
        {event.path !== null && event.path !== "" && <p className="event-path">{event.path}</p>}
        <Others events={others} />
        <Unsent count={event.count - 1} />
        <p className="event-meta">
          <ProcessText process={event.process} user={event.user} />
          {showEndpoint && (
            <Anchor component={Link} href={`/endpoints/${event.endpoint.id}`} className="event-link">
              {event.endpoint.name}
            </Anchor>
          )}
          <Why event={event} />
          <DetectionNames detections={event.detections} />
          {linkIncident && event.incident !== null && event.incident !== "" && (
            <Anchor
              component={Link}
              href={`/incidents/${encodeURIComponent(event.incident)}`}
              className="event-link"
            >
              {t("event.openIncident")}
            </Anchor>
          )}
        </p>
      </div>
      <Moment time={event.time} />
    </li>
  );
}

/* What a long time line leaves out. */
function Hole({ events }: { events: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return <li className="event-hole">{t("event.hole", { count: events, shown: format.number(events) })}</li>;
}

interface EventListProps {
  events: EventSummary[];
  label: string;
  showEndpoint?: boolean;
  linkIncident?: boolean;
  ordered?: boolean;
  hole?: TimelineHole | null;
}

export function EventList({ events, label, showEndpoint, linkIncident, ordered, hole }: EventListProps) {
  const itemsOf = (some: EventSummary[]) =>
    gather(some).map(([event, ...others]) => (
      <EventItem
        key={event.id}
        event={event}
        others={others}
        showEndpoint={showEndpoint === true}
        linkIncident={linkIncident === true}
      />
    ));
  const cut = hole?.after ?? events.length;
  const items = (
    <>
      {itemsOf(events.slice(0, cut))}
      {hole && <Hole events={hole.events} />}
      {itemsOf(events.slice(cut))}
    </>
  );
  return ordered === true ? (
    <ol className="events events-line" aria-label={label}>
      {items}
    </ol>
  ) : (
    <ul className="events" aria-label={label}>
      {items}
    </ul>
  );
}
