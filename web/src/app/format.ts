/* Numbers, sizes and times as the reader's language writes them. */
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ProcessInfo } from "../api/types";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const LOCALES: Record<string, string> = { en: "en-GB", fr: "fr-FR" };

const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
];

function makeFormat(locale: string) {
  const number = new Intl.NumberFormat(locale);
  const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const hour = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const dayClock = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

  return {
    number: (n: number) => number.format(n),
    short: (n: number) => (n < 10_000 ? number.format(n) : short.format(n)),
    hour: (ms: number) => hour.format(ms),
    full: (ms: number) => full.format(ms),
    /* The clock for today, the day too for what is older. */
    moment: (ms: number, now: number) =>
      new Date(ms).toDateString() === new Date(now).toDateString() ? clock.format(ms) : dayClock.format(ms),
    ago: (ms: number, now: number) => {
      const past = ms - now;
      for (const [length, unit] of STEPS)
        if (Math.abs(past) >= length) return relative.format(Math.round(past / length), unit);
      return relative.format(0, "second");
    },
    bytes: (n: number) => {
      let step = 0;
      while (n >= 1000 && step < units.length - 1) {
        n /= 1000;
        step++;
      }
      const unit = units[step];
      const digits = step > 0 && n < 100 ? 1 : 0;
      return new Intl.NumberFormat(locale, {
        style: "unit",
        unit,
        unitDisplay: step === 0 ? "long" : "short",
        maximumFractionDigits: digits,
      }).format(n);
    },
    seconds: (ms: number) =>
      new Intl.NumberFormat(locale, {
        style: "unit",
        unit: "second",
        unitDisplay: "long",
        maximumFractionDigits: ms < 10 * SECOND ? 1 : 0,
      }).format(ms / SECOND),
  };
}

export type Format = ReturnType<typeof makeFormat>;

export function useFormat(): Format {
  const { i18n } = useTranslation();
  return useMemo(() => makeFormat(LOCALES[i18n.language] ?? i18n.language), [i18n.language]);
}

/* The present, often enough for "2 minutes ago". */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 20 * SECOND);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

const KERNEL_NAME_MAX = 15; /* the kernel cuts a program's name here */

/* A program's whole name where the kernel's was cut. "" when none is known. */
export function programName(process: ProcessInfo | null): string {
  if (process === null) return "";
  const { name } = splitPath(process.path);
  const wasCut = process.name.length === KERNEL_NAME_MAX && name.startsWith(process.name);
  return process.name === "" || wasCut ? name : process.name;
}

/* A path in two parts: where, and what. */
export function splitPath(path: string): { folder: string; name: string } {
  const cut = path.lastIndexOf("/") + 1;
  return { folder: path.slice(0, cut), name: path.slice(cut) };
}
