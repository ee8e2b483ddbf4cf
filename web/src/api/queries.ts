/* What the page reads. Lists are walked by key, a page at a time. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { AuditItem, Endpoint, Incident, Overview, Page, QuarantineItem } from "./types";

const PAGE_SIZE = 50;
const PULSE_MS = 30_000; /* silence changes things too: a server that stays away tells nobody */

function usePages<T>(key: unknown[], path: string) {
  const joint = path.includes("?") ? "&" : "?";
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => {
      const after = pageParam === null ? "" : `&after=${encodeURIComponent(String(pageParam))}`;
      return get<Page<T>>(`${path}${joint}limit=${PAGE_SIZE}${after}`);
    },
    initialPageParam: null as string | number | null,
    getNextPageParam: (last) => last.next,
  });
}

export function useOverview() {
  return useQuery({
    queryKey: ["overview"],
    queryFn: () => get<Overview>("/api/v1/overview"),
    refetchInterval: PULSE_MS,
  });
}

export function useEndpoints() {
  return usePages<Endpoint>(["endpoints"], "/api/v1/endpoints");
}

export function useEndpoint(id: string) {
  return useQuery({
    queryKey: ["endpoint", id],
    queryFn: () => get<Endpoint>(`/api/v1/endpoints/${encodeURIComponent(id)}`),
  });
}

export type IncidentFilter = "open" | "closed" | "all";

export function useIncidents(state: IncidentFilter) {
  return usePages<Incident>(["incidents", state], `/api/v1/incidents?state=${state}`);
}

export function useIncident(id: string) {
  return useQuery({
    queryKey: ["incident", id],
    queryFn: () => get<Incident>(`/api/v1/incidents/${encodeURIComponent(id)}`),
  });
}

export function useQuarantine() {
  return usePages<QuarantineItem>(["quarantine"], "/api/v1/quarantine");
}

export function useAudit() {
  return usePages<AuditItem>(["audit"], "/api/v1/audit");
}
