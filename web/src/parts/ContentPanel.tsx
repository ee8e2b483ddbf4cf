/* What a server knows malware by: how much of it there is, how old it is, where it comes from, and what helps. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ContentSource, DetectionContent, Endpoint } from "../api/types";
import { useFormat, useNow } from "../app/format";
import { useCodes } from "../app/i18n";
import { contentConcern } from "./contentState";
import { Panel } from "./Panel";
import { Pill } from "./Pill";
import { Ago } from "./texts";

function Facts({ content }: { content: DetectionContent }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <span className="two-lines">
      <span>
        {t("endpoint.contentRules", { count: content.rules ?? 0, shown: format.number(content.rules ?? 0) })}
        {", "}
        {t("endpoint.contentHashes", { count: content.hashes ?? 0, shown: format.number(content.hashes ?? 0) })}
      </span>
      {content.built !== undefined && content.built > 0 && (
        <span className="dim">
          {t("endpoint.contentBuilt")} <Ago time={content.built} />
        </span>
      )}
    </span>
  );
}

function Source({ source }: { source: ContentSource }) {
  const { t } = useTranslation();
  const codes = useCodes();
  const isWell = source.error === "";
  return (
    <li>
      <p className="explained-name">
        {source.id}
        <Pill tone={isWell ? "good" : "attention"}>{isWell ? t("content.well") : t("content.fails")}</Pill>
      </p>
      <p>
        {codes("contentKind", source.kind)}
        {source.licence !== "" && ` – ${t("content.licence", { licence: source.licence })}`}
      </p>
      <p className="dim">
        {source.good > 0 ? (
          <>
            {t("content.lastGood")} <Ago time={source.good} />
          </>
        ) : (
          t("content.neverGood")
        )}
      </p>
      {!isWell && (
        <>
          <p>
            {codes("contentOutcome", source.outcome)} <code>{source.error}</code>
          </p>
          <p className="remedy">
            <strong>{t("endpoint.remedy")}</strong> {t("content.remedySource", { id: source.id })}
          </p>
        </>
      )}
    </li>
  );
}

export function ContentPanel({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation();
  const now = useNow();
  const content = endpoint.content;
  if (content === null) return null;
  const list = content.list ?? [];
  const concern = contentConcern(endpoint, now);
  const more = (content.sources ?? list.length) - list.length;
  return (
    <Panel title={t("endpoint.content")} flush>
      <ul className="explained">
        <li>
          <Facts content={content} />
          {concern !== null && (
            <>
              <p>{t(`content.concern.${concern}`)}</p>
              <p className="remedy">
                <strong>{t("endpoint.remedy")}</strong> {t(`content.help.${concern}`)}
              </p>
            </>
          )}
        </li>
        {list.map((source) => (
          <Source key={source.id} source={source} />
        ))}
        {content.sources === 0 && (
          <li>
            <p>{t("content.noSources")}</p>
            <p className="remedy">
              <strong>{t("endpoint.remedy")}</strong> {t("content.noSourcesRemedy")}
            </p>
          </li>
        )}
      </ul>
      {more > 0 && (
        <Text size="sm" c="dimmed" className="panel-lead">
          {t("content.more", { count: more })}
        </Text>
      )}
    </Panel>
  );
}
