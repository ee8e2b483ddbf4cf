/* Which tone each word of the console has. */
import type { Endpoint, Incident, QuarantineState } from "../api/types";
import type { Tone } from "./Pill";

export type EndpointStanding = Endpoint["state"] | "bare";

/* A server that guards no folder may be in good health, and yet it protects nothing. */
export function endpointStanding(endpoint: Endpoint): EndpointStanding {
  return endpoint.state !== "offline" && endpoint.protected.length === 0 ? "bare" : endpoint.state;
}

export const ENDPOINT_TONE: Record<EndpointStanding, Tone> = {
  protected: "good",
  degraded: "attention",
  bare: "bad",
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
