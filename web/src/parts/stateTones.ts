/* Which tone each word of the console has. */
import type { Endpoint, Incident, QuarantineState } from "../api/types";
import type { Tone } from "./Pill";

export const ENDPOINT_TONE: Record<Endpoint["state"], Tone> = {
  protected: "good",
  degraded: "attention",
  offline: "bad",
};

export const QUARANTINE_TONE: Record<QuarantineState, Tone> = {
  held: "attention",
  restoring: "calm",
  restored: "good",
  deleting: "calm",
  deleted: "calm",
  failed: "bad",
};

export function incidentTone(incident: Incident): Tone {
  if (incident.state === "closed") return "calm";
  return incident.severity >= 4 ? "bad" : "attention";
}
