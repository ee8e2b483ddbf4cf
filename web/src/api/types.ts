/* What the console answers. Times are milliseconds since 1970; codes are words of the catalogues. */

export interface Session {
  user: { name: string; role: string };
  csrf: string;
  expires: number;
}

export interface Detection {
  name: string;
  kind: string;
  member: string;
  source: string;
  reason?: string;
  attack?: string;
}

export interface ProcessInfo {
  pid: number;
  name: string;
  path: string;
  command: string;
}

export interface EndpointRef {
  id: string;
  name: string;
}

export interface EventSummary {
  id: number | string;
  time: number;
  count: number;
  endpoint: EndpointRef;
  code: string;
  severity: number;
  path: string | null;
  process: ProcessInfo | null;
  user: string | null;
  trigger: string | null;
  action: string | null;
  verdict: string | null;
  reason: string | null;
  detections: Detection[];
  quarantine_id: string | null;
  incident: string | null;
  params: Record<string, unknown>;
}

export type CounterName =
  | "opens"
  | "scanned"
  | "cache_hits"
  | "holds_expired"
  | "incomplete"
  | "denied"
  | "quarantined"
  | "vault_kept"
  | "vault_late"
  | "workers_died"
  | "events_dropped";

export type Counters = Partial<Record<CounterName, number>>;

export interface Overview {
  time: number;
  version: string;
  endpoints: { total: number; protected: number; degraded: number; offline: number };
  incidents: { open: number; last_24h: number };
  quarantine: { held: number };
  counters: Counters;
  activity: { time: number; events: number; detections: number }[];
  next: { code: string; params: Record<string, unknown> }[];
  recent: EventSummary[];
}

export interface Feature {
  name: string;
  state: "on" | "missing" | "off";
  detail: string;
}

/* Times are 0 for never. error: "" when all is well. */
export interface ContentSource {
  id: string;
  kind: string;
  licence: string;
  error: string;
  outcome: string;
  checked: number;
  good: number;
  failing: number;
}

/* Older agents do not tell of sources. */
export interface DetectionContent {
  name?: string;
  built?: number;
  rules?: number;
  hashes?: number;
  sources?: number;
  failing?: number;
  held?: boolean;
  problem?: string;
  list?: ContentSource[];
}

export interface Endpoint {
  id: string;
  name: string;
  os: string;
  kernel: string;
  version: string;
  state: "protected" | "degraded" | "offline";
  mode: string;
  last_seen: number;
  enrolled: number;
  content: DetectionContent | null;
  features: Feature[];
  protected: string[];
  unguarded: string[];
  counters: Counters;
  events?: EventSummary[];
}

/* So many events are left out, behind so many entries of a time line. */
export interface TimelineHole {
  after: number;
  events: number;
}

export interface Incident {
  id: string;
  code: string;
  severity: number;
  state: "open" | "closed";
  endpoint: EndpointRef;
  first: number;
  last: number;
  events: number;
  files: number;
  process: ProcessInfo | null;
  user: string | null;
  detections: Detection[];
  actions: string[];
  files_restored: number;
  close_reason: string | null;
  timeline?: EventSummary[];
  timeline_hole?: TimelineHole | null;
}

export type QuarantineState = "held" | "restoring" | "restored" | "deleting" | "deleted" | "failed";

export interface QuarantineItem {
  endpoint: EndpointRef;
  quarantine_id: string;
  path: string;
  size: number;
  sha256: string;
  detections: Detection[];
  time: number;
  state: QuarantineState;
  error: string | null;
}

export interface AuditItem {
  seq: number;
  time: number;
  who: string;
  verb: string;
  object: string;
  detail: string;
  hash: string;
}

export interface EnrolmentToken {
  token: string;
  pin: string;
  url: string;
  expires: number;
  command: string;
}

export interface Page<T> {
  items: T[];
  next: string | number | null;
}
