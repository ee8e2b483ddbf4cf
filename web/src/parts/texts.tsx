/* Small pieces of text that look alike on every page. */
import { useTranslation } from "react-i18next";
import { programName, splitPath, useFormat, useNow } from "../app/format";
import type { Detection, ProcessInfo } from "../api/types";

/* When, for the eye; the whole of it for those who point at it. */
export function Moment({ time }: { time: number }) {
  const format = useFormat();
  const now = useNow();
  return (
    <time dateTime={new Date(time).toISOString()} title={format.full(time)} className="moment">
      {format.moment(time, now)}
    </time>
  );
}

export function Ago({ time }: { time: number }) {
  const format = useFormat();
  const now = useNow();
  return (
    <time dateTime={new Date(time).toISOString()} title={format.full(time)}>
      {format.ago(time, Math.max(now, time))}
    </time>
  );
}

/* The name first, because it is what people know; the folder below. */
export function PathText({ path }: { path: string }) {
  const { folder, name } = splitPath(path);
  return (
    <span className="path">
      <span className="path-name">{name === "" ? folder : name}</span>
      {name !== "" && folder !== "" && <span className="path-folder">{folder}</span>}
    </span>
  );
}

export function DetectionNames({ detections }: { detections: Detection[] }) {
  const names = [...new Set(detections.map((d) => d.name))];
  if (names.length === 0) return null;
  return (
    <span className="detection-names">
      {names.map((name) => (
        <code key={name} className="detection-name">
          {name}
        </code>
      ))}
    </span>
  );
}

export function ProcessText({ process, user }: { process: ProcessInfo | null; user: string | null }) {
  const { t } = useTranslation();
  if (process === null) return null;
  const name = programName(process) || t("process.unnamed");
  return (
    <span className="process-text">
      {user === null || user === ""
        ? t("process.short", { name, pid: process.pid })
        : t("process.shortUser", { name, pid: process.pid, user })}
    </span>
  );
}
