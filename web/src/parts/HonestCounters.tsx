/* What could not be looked at. A product that hides this calls files clean that it has not read. */
import { IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";
import type { CounterName, Counters } from "../api/types";

const HONEST: CounterName[] = ["incomplete", "holds_expired", "vault_late", "workers_died", "events_dropped"];

export function HonestCounters({ counters }: { counters: Counters }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul className="honest">
      {HONEST.map((name) => {
        const value = counters[name] ?? 0;
        const Icon = value === 0 ? IconCircleCheck : IconInfoCircle;
        return (
          <li key={name} data-some={value > 0}>
            <Icon size={18} aria-hidden className="honest-icon" />
            <div>
              <span className="honest-name">{t(`counter.${name}.name`)}</span>
              <span className="honest-text">{t(`counter.${name}.text`)}</span>
            </div>
            <span className="honest-value">{format.number(value)}</span>
          </li>
        );
      })}
    </ul>
  );
}

const WORK: CounterName[] = ["opens", "scanned", "cache_hits", "denied", "quarantined", "vault_kept"];

export function WorkCounters({ counters }: { counters: Counters }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <dl className="work">
      {WORK.map((name) => (
        <div key={name}>
          <dt>{t(`counter.${name}.name`)}</dt>
          <dd>{format.number(counters[name] ?? 0)}</dd>
        </div>
      ))}
    </dl>
  );
}
