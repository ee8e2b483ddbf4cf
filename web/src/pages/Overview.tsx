import { Anchor, Button, SimpleGrid, Text } from "@mantine/core";
import { IconChevronRight, IconCircleCheck, IconInbox } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useEndpoints, useOverview } from "../api/queries";
import type { Overview as OverviewData } from "../api/types";
import { useCodes } from "../app/i18n";
import { ActivityChart } from "../parts/ActivityChart";
import { EventList } from "../parts/EventList";
import { HonestCounters } from "../parts/HonestCounters";
import { PageHead } from "../parts/PageHead";
import { Panel } from "../parts/Panel";
import { Empty, Failed, Waiting } from "../parts/states";
import { Tile } from "../parts/Tile";
import { Truth } from "../parts/Truth";

const NEXT_PLACES: Record<string, (params: Record<string, unknown>) => string> = {
  endpoint: (params) => (typeof params.id === "string" ? `/endpoints/${params.id}` : "/endpoints?add"),
  incident: (params) =>
    typeof params.id === "string" ? `/incidents/${encodeURIComponent(params.id)}` : "/incidents",
  quarantine: () => "/quarantine",
  content: (params) => (typeof params.id === "string" ? `/endpoints/${params.id}` : "/endpoints"),
  password: () => "/account",
};

function Next({ next }: { next: OverviewData["next"] }) {
  const { t } = useTranslation();
  const codes = useCodes();
  if (next.length === 0)
    return (
      <div className="nothing-next">
        <IconCircleCheck size={22} aria-hidden />
        <Text size="sm">{t("overview.nothingNext")}</Text>
      </div>
    );
  return (
    <ol className="next">
      {next.map(({ code, params }, i) => (
        <li key={`${code}-${i}`}>
          <Link href={(NEXT_PLACES[code.split(".")[0] ?? ""] ?? (() => "/"))(params)} className="next-link">
            <span>{codes("next", code, params)}</span>
            <IconChevronRight size={18} aria-hidden />
          </Link>
        </li>
      ))}
    </ol>
  );
}

function Tiles({ overview }: { overview: OverviewData }) {
  const { t } = useTranslation();
  const { endpoints, incidents, quarantine, activity } = overview;
  const stopped = activity.reduce((sum, a) => sum + a.detections, 0);
  return (
    <SimpleGrid cols={{ base: 2, lg: 4 }} spacing="md">
      <Tile
        href="/endpoints"
        name={t("overview.tileServers")}
        value={endpoints.protected}
        of={endpoints.total}
        note={t("overview.tileServersNote", { offline: endpoints.offline, degraded: endpoints.degraded })}
      />
      <Tile
        href="/incidents"
        name={t("overview.tileOpen")}
        value={incidents.open}
        note={t("overview.tileOpenNote", { count: incidents.last_24h })}
        alert={incidents.open > 0}
      />
      <Tile href="/incidents" name={t("overview.tileStopped")} value={stopped} note={t("overview.tileStoppedNote")} />
      <Tile
        href="/quarantine"
        name={t("overview.tileQuarantine")}
        value={quarantine.held}
        note={t("overview.tileQuarantineNote")}
      />
    </SimpleGrid>
  );
}

function Feed({ overview }: { overview: OverviewData }) {
  const { t } = useTranslation();
  return (
    <Panel
      title={t("overview.feed")}
      flush
      aside={
        <Anchor component={Link} href="/incidents" size="sm" className="standing-link">
          {t("overview.allIncidents")}
        </Anchor>
      }
    >
      {overview.recent.length === 0 ? (
        <Empty icon={<IconInbox size={30} stroke={1.5} />} title={t("overview.feedEmpty")}>
          {t("overview.feedEmptyText")}
        </Empty>
      ) : (
        <EventList events={overview.recent} label={t("overview.feed")} showEndpoint linkIncident />
      )}
    </Panel>
  );
}

function Content({ overview }: { overview: OverviewData }) {
  const { t } = useTranslation();
  const endpoints = useEndpoints().data?.pages.flatMap((page) => page.items);
  return (
    <>
      {endpoints === undefined ? <Waiting lines={3} /> : <Truth overview={overview} endpoints={endpoints} />}
      <Tiles overview={overview} />
      <div className="columns urgent-first">
        <div className="column-wide">
          <Panel title={t("activity.title")}>
            <ActivityChart activity={overview.activity} />
          </Panel>
          <Feed overview={overview} />
        </div>
        <div className="column-slim">
          <Panel title={t("overview.next")} flush className="urgent">
            <Next next={overview.next} />
          </Panel>
          <Panel title={t("overview.honest")} flush className="last">
            <Text size="sm" c="dimmed" className="panel-lead">
              {t("overview.honestLead")}
            </Text>
            <HonestCounters counters={overview.counters} />
          </Panel>
        </div>
      </div>
    </>
  );
}

export function Overview() {
  const { t } = useTranslation();
  const query = useOverview();
  return (
    <>
      <PageHead
        title={t("nav.overview")}
        actions={
          <Button component={Link} href="/endpoints?add" variant="default">
            {t("endpoints.add")}
          </Button>
        }
      />
      {query.isPending && <Waiting lines={8} />}
      {query.isError && query.data === undefined && (
        <Failed error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data !== undefined && <Content overview={query.data} />}
    </>
  );
}
