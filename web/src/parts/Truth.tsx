/* The one sentence that a tired person reads: is the hospital protected? It never says more than is known. */
import { Anchor } from "@mantine/core";
import { IconShieldCheck, IconShieldHalf, IconShieldOff, IconShieldX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Endpoint, Overview } from "../api/types";
import { useFormat, useNow } from "../app/format";
import { useCodes } from "../app/i18n";
import { contentConcern } from "./contentState";
import type { Tone } from "./Pill";
import { endpointStanding } from "./stateTones";

type Standing = "none" | "protected" | "partly" | "bare" | "unprotected";

function isWeak(endpoint: Endpoint): boolean {
  return endpointStanding(endpoint) !== "protected";
}

function standingOf({ endpoints }: Overview, known: Endpoint[], weak: number): Standing {
  if (endpoints.total === 0) return "none";
  if (weak === 0) return "protected";
  if (endpoints.protected + endpoints.degraded === 0) return "unprotected";
  const isAnythingGuarded = endpoints.total > known.length || known.some((e) => e.protected.length > 0);
  return isAnythingGuarded ? "partly" : "bare";
}

const LOOKS: Record<Standing, { tone: Tone; icon: typeof IconShieldCheck }> = {
  none: { tone: "calm", icon: IconShieldOff },
  protected: { tone: "good", icon: IconShieldCheck },
  bare: { tone: "bad", icon: IconShieldX },
  partly: { tone: "attention", icon: IconShieldHalf },
  unprotected: { tone: "bad", icon: IconShieldX },
};

/* Why this server is not fully protected, in a few words. */
function useReason() {
  const { t } = useTranslation();
  const codes = useCodes();
  const format = useFormat();
  const now = useNow();
  return (endpoint: Endpoint): string => {
    if (endpoint.state === "offline") return t("truth.offline", { ago: format.ago(endpoint.last_seen, now) });
    if (endpoint.mode !== "full") return codes("mode", endpoint.mode);
    if (endpoint.protected.length === 0) return t("truth.noFolder");
    const [first] = endpoint.unguarded;
    return first === undefined ? t("truth.degraded") : codes("unguarded", first, {}, "name");
  };
}

function Weak({ endpoints }: { endpoints: Endpoint[] }) {
  const reason = useReason();
  const weak = endpoints.filter(isWeak).slice(0, 3);
  if (weak.length === 0) return null;
  return (
    <ul className="truth-weak">
      {weak.map((endpoint) => (
        <li key={endpoint.id}>
          <Anchor component={Link} href={`/endpoints/${endpoint.id}`} className="standing-link">
            {endpoint.name}
          </Anchor>
          {" – "}
          {reason(endpoint)}
        </li>
      ))}
    </ul>
  );
}

/* Guarded, but by what was known some time ago. */
function Concerns({ endpoints }: { endpoints: Endpoint[] }) {
  const { t } = useTranslation();
  const now = useNow();
  const concerned = endpoints.filter((e) => !isWeak(e) && contentConcern(e, now) !== null).slice(0, 3);
  if (concerned.length === 0) return null;
  return (
    <ul className="truth-weak">
      {concerned.map((endpoint) => (
        <li key={endpoint.id}>
          <Anchor component={Link} href={`/endpoints/${endpoint.id}`} className="standing-link">
            {endpoint.name}
          </Anchor>
          {" – "}
          {t(`truth.content.${contentConcern(endpoint, now) ?? "old"}`)}
        </li>
      ))}
    </ul>
  );
}

interface TruthProps {
  overview: Overview;
  endpoints: Endpoint[];
}

export function Truth({ overview, endpoints }: TruthProps) {
  const { t } = useTranslation();
  const { total, protected: safe } = overview.endpoints;
  const bare = endpoints.filter((e) => e.state === "protected" && isWeak(e)).length;
  const weak = total - safe + bare;
  const standing = standingOf(overview, endpoints, weak);
  const now = useNow();
  const isConcerned = standing === "protected" && endpoints.some((e) => contentConcern(e, now) !== null);
  const { tone, icon: Icon } = LOOKS[isConcerned ? "partly" : standing];
  const folders = endpoints.reduce((sum, e) => sum + e.protected.length, 0);
  return (
    <section className="truth" data-tone={tone} aria-label={t("truth.label")}>
      <span className="truth-icon" aria-hidden>
        <Icon size={34} stroke={1.6} />
      </span>
      <div className="truth-text">
        <p className="truth-line">{isConcerned ? t("truth.concerned") : t(`truth.${standing}`, { count: weak })}</p>
        {standing === "none" && <p className="truth-more">{t("truth.noneMore")}</p>}
        {standing === "protected" && (
          <p className="truth-more">
            {t("truth.servers", { count: total })} {t("truth.folders", { count: folders })}{" "}
            {overview.incidents.open > 0 && t("truth.openIncidents", { count: overview.incidents.open })}
          </p>
        )}
        <Weak endpoints={endpoints} />
        <Concerns endpoints={endpoints} />
      </div>
      {standing === "none" && (
        <Link href="/endpoints?add" className="truth-action">
          {t("endpoints.add")}
        </Link>
      )}
    </section>
  );
}
