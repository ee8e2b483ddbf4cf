/* The console tells what has changed; the page reads it again. Nothing is shown from the message itself. */
import type { QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError, get } from "./client";

const GATHER_MS = 250; /* a burst of changes is one reading */
const RETRY_MS = 3000;

const STALE: Record<string, string[]> = {
  event: ["overview", "endpoint", "incident", "incidents"],
  incident: ["overview", "incident", "incidents"],
  endpoint: ["overview", "endpoint", "endpoints"],
  quarantine: ["overview", "quarantine"],
};

function kindOf(data: string): string {
  try {
    return String((JSON.parse(data) as { kind?: unknown }).kind);
  } catch {
    return "";
  }
}

function makeGatherer(client: QueryClient) {
  const waiting = new Set<string>();
  let timer: number | undefined;
  const flush = () => {
    timer = undefined;
    for (const key of waiting) void client.invalidateQueries({ queryKey: [key] });
    waiting.clear();
  };
  return {
    add(kind: string) {
      for (const key of STALE[kind] ?? []) waiting.add(key);
      waiting.add("audit");
      timer ??= window.setTimeout(flush, GATHER_MS);
    },
    stop() {
      window.clearTimeout(timer);
    },
  };
}

export type LiveState = "connecting" | "live" | "lost";

/* A cable that is pulled closes no stream: then the failed reading of another query is the first to tell. */
function isUnreachable(error: unknown) {
  return error instanceof ApiError && error.status === 0;
}

export function useLive(onRefused: (error: unknown) => void): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");

  useEffect(() => {
    const gatherer = makeGatherer(client);
    let source: EventSource | undefined;
    let retry: number | undefined;
    let isLost = false;

    const connect = () => {
      window.clearTimeout(retry);
      source?.close();
      source = new EventSource("/api/v1/live");
      source.addEventListener("open", () => {
        setState("live");
        if (isLost) void client.invalidateQueries();
        isLost = false;
      });
      source.addEventListener("change", (event) => gatherer.add(kindOf(String(event.data))));
      source.addEventListener("error", lose);
    };
    const lose = () => {
      isLost = true;
      setState("lost");
      source?.close();
      window.clearTimeout(retry);
      retry = window.setTimeout(connect, RETRY_MS);
      /* A stream does not say why it ended: a lost session is told apart by asking. */
      get("/api/v1/session").catch(onRefused);
    };
    const unsubscribe = client.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "error" && !isLost && isUnreachable(event.action.error))
        lose();
    });

    connect();
    window.addEventListener("offline", lose);
    window.addEventListener("online", connect);
    return () => {
      window.removeEventListener("offline", lose);
      window.removeEventListener("online", connect);
      window.clearTimeout(retry);
      unsubscribe();
      gatherer.stop();
      source?.close();
    };
  }, [client, onRefused]);
  return state;
}
