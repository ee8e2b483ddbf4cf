/* The console tells what has changed; the page reads it again. Nothing is shown from the message itself. */
import type { QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get } from "./client";

const GATHER_MS = 250; /* a burst of changes is one reading */
const RETRY_MS = 4000;

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

export function useLive(onRefused: (error: unknown) => void): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");

  useEffect(() => {
    const gatherer = makeGatherer(client);
    let source: EventSource | undefined;
    let retry: number | undefined;
    let wasLost = false;

    const lose = () => {
      wasLost = true;
      setState("lost");
      if (source?.readyState !== EventSource.CLOSED) return;
      /* The browser gives up after a refusal: ask whether the session still stands, then try again. */
      void get("/api/v1/session")
        .catch(onRefused)
        .finally(() => {
          retry = window.setTimeout(connect, RETRY_MS);
        });
    };
    const connect = () => {
      source?.close();
      source = new EventSource("/api/v1/live");
      source.addEventListener("open", () => {
        setState("live");
        if (wasLost) void client.invalidateQueries();
        wasLost = false;
      });
      source.addEventListener("change", (event) => gatherer.add(kindOf(String(event.data))));
      source.addEventListener("error", lose);
    };

    connect();
    return () => {
      window.clearTimeout(retry);
      gatherer.stop();
      source?.close();
    };
  }, [client, onRefused]);
  return state;
}
