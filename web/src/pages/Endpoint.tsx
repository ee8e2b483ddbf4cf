import { Alert, Text } from "@mantine/core";
import { IconCircleCheck, IconFolder, IconInbox, IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useEndpoint } from "../api/queries";
import type { Endpoint, Feature } from "../api/types";
import { useFormat } from "../app/format";
import { useCodes } from "../app/i18n";
import { ContentPanel } from "../parts/ContentPanel";
import { EventList } from "../parts/EventList";
import { HonestCounters, WorkCounters } from "../parts/HonestCounters";
import { PageHead } from "../parts/PageHead";
import { Panel } from "../parts/Panel";
import { Pill, type Tone } from "../parts/Pill";
import { ENDPOINT_TONE, endpointStanding } from "../parts/stateTones";
import { Empty, Failed, Waiting } from "../parts/states";
import { Ago } from "../parts/texts";

function Facts({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation();
  const format = useFormat();
  const codes = useCodes();
  const facts: [string, ReactNode][] = [
    [t("endpoint.mode"), codes("mode", endpoint.mode)],
    [t("endpoints.seen"), <Ago key="seen" time={endpoint.last_seen} />],
    [t("endpoint.enrolled"), format.full(endpoint.enrolled)],
    [t("endpoint.os"), endpoint.os],
    [t("endpoint.kernel"), endpoint.kernel],
    [t("endpoint.version"), endpoint.version],
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

function Folders({ folders }: { folders: string[] }) {
  const { t } = useTranslation();
  if (folders.length === 0)
    return (
      <Alert color="yellow" icon={<IconInfoCircle aria-hidden />}>
        {t("endpoint.noFolders")}
      </Alert>
    );
  return (
    <ul className="folders">
      {folders.map((folder) => (
        <li key={folder}>
          <IconFolder size={18} aria-hidden />
          <code>{folder}</code>
        </li>
      ))}
    </ul>
  );
}

function Unguarded({ unguarded }: { unguarded: string[] }) {
  const { t } = useTranslation();
  const codes = useCodes();
  if (unguarded.length === 0)
    return (
      <div className="nothing-next">
        <IconCircleCheck size={22} aria-hidden />
        <Text size="sm">{t("endpoint.allGuarded")}</Text>
      </div>
    );
  return (
    <ul className="explained">
      {unguarded.map((code) => (
        <li key={code}>
          <p className="explained-name">{codes("unguarded", code, {}, "name")}</p>
          <p>{codes("unguarded", code, {}, "text")}</p>
          <p className="remedy">
            <strong>{t("endpoint.remedy")}</strong> {codes("unguarded", code, {}, "remedy")}
          </p>
        </li>
      ))}
    </ul>
  );
}

const FEATURE_TONE: Record<Feature["state"], Tone> = { on: "good", missing: "attention", off: "calm" };

function Features({ features }: { features: Feature[] }) {
  const { t } = useTranslation();
  const codes = useCodes();
  return (
    <ul className="explained">
      {features.map(({ name, state, detail }) => (
        <li key={name}>
          <p className="explained-name">
            {codes("feature", name, {}, "name")}
            <Pill tone={FEATURE_TONE[state]}>{t(`featureState.${state}`)}</Pill>
          </p>
          <p>
            {codes("feature", name, {}, "text")} {detail !== "" && <code>{detail}</code>}
          </p>
          {state !== "on" && (
            <p className="remedy">
              <strong>{t("endpoint.remedy")}</strong> {codes("feature", name, {}, "remedy")}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function Content({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation();
  const events = endpoint.events ?? [];
  return (
    <div className="columns">
      <div className="column-wide">
        <Panel title={t("endpoint.folders")}>
          <Folders folders={endpoint.protected} />
        </Panel>
        <ContentPanel endpoint={endpoint} />
        <Panel title={t("endpoint.unguarded")} flush>
          <Unguarded unguarded={endpoint.unguarded} />
        </Panel>
        <Panel title={t("endpoint.events")} flush>
          {events.length === 0 ? (
            <Empty icon={<IconInbox size={30} stroke={1.5} />} title={t("overview.feedEmpty")}>
              {t("overview.feedEmptyText")}
            </Empty>
          ) : (
            <EventList events={events} label={t("endpoint.events")} linkIncident />
          )}
        </Panel>
        <Panel title={t("endpoint.features")} flush>
          <Features features={endpoint.features} />
        </Panel>
      </div>
      <div className="column-slim">
        <Panel title={t("endpoint.facts")}>
          <Facts endpoint={endpoint} />
        </Panel>
        <Panel title={t("endpoint.work")}>
          <WorkCounters counters={endpoint.counters} />
        </Panel>
        <Panel title={t("overview.honest")} flush>
          <HonestCounters counters={endpoint.counters} />
        </Panel>
      </div>
    </div>
  );
}

export function EndpointPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useEndpoint(id);
  const endpoint = query.data;
  const standing = endpoint === undefined ? undefined : endpointStanding(endpoint);
  return (
    <>
      <PageHead
        title={endpoint?.name ?? t("nav.endpoints")}
        back={{ href: "/endpoints", text: t("nav.endpoints") }}
        badge={
          standing !== undefined && <Pill tone={ENDPOINT_TONE[standing]}>{t(`endpointState.${standing}`)}</Pill>
        }
        lead={standing !== undefined ? t(`endpointLead.${standing}`) : undefined}
      />
      {query.isPending && <Waiting lines={8} />}
      {query.isError && endpoint === undefined && (
        <Failed error={query.error} retry={() => void query.refetch()} />
      )}
      {endpoint !== undefined && <Content endpoint={endpoint} />}
    </>
  );
}
