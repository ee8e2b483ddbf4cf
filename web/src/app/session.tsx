/* Who is signed in. Losing the session leaves the route as it is, so that signing in again goes on from there. */
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { ApiError, get, isWorthRetrying, post, setCsrf } from "../api/client";
import type { Session } from "../api/types";

type Standing = "asking" | "in" | "out" | "expired" | "unreachable";

interface SessionValue {
  standing: Standing;
  session: Session | null;
  signIn: (name: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
  refused: (error: unknown) => void;
  retry: () => void;
}

const Context = createContext<SessionValue | null>(null);

function isEnd(error: unknown) {
  return error instanceof ApiError && error.status === 401 && error.code !== "login.wrong";
}

function makeClient(onError: (error: unknown) => void) {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { retry: isWorthRetrying, staleTime: 30_000, refetchOnWindowFocus: true },
    },
  });
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [standing, setStanding] = useState<Standing>("asking");
  const [session, setSession] = useState<Session | null>(null);

  const enter = useCallback((s: Session) => {
    setCsrf(s.csrf);
    setSession(s);
    setStanding("in");
  }, []);
  const refused = useCallback((error: unknown) => {
    if (!isEnd(error)) return;
    setSession(null);
    setStanding((was) => (was === "in" ? "expired" : was));
  }, []);
  const client = useMemo(() => makeClient(refused), [refused]);

  const ask = useCallback(() => {
    setStanding("asking");
    get<Session>("/api/v1/session").then(enter, (error: unknown) =>
      setStanding(isEnd(error) ? "out" : "unreachable"),
    );
  }, [enter]);
  useEffect(ask, [ask]);

  const signIn = useCallback(
    async (name: string, password: string) => {
      const s = await post<Session>("/api/v1/login", { name, password });
      client.clear();
      enter(s);
    },
    [client, enter],
  );
  const signOut = useCallback(async () => {
    await post("/api/v1/logout").catch((error: unknown) => {
      if (!isEnd(error)) throw error;
    });
    client.clear();
    setSession(null);
    setStanding("out");
  }, [client]);

  const value = useMemo(
    () => ({ standing, session, signIn, signOut, refused, retry: ask }),
    [standing, session, signIn, signOut, refused, ask],
  );
  return (
    <Context value={value}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </Context>
  );
}

export function useSession(): SessionValue {
  const value = useContext(Context);
  if (value === null) throw new Error("no session provider");
  return value;
}
