/* The one door to the console: same origin, JSON, the session's cookie, and its CSRF word on every change. */

const TIMEOUT_MS = 20_000;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly params: Record<string, unknown> = {},
  ) {
    super(code);
  }
}

let csrf = "";

export function setCsrf(word: string) {
  csrf = word;
}

/* Names come from attackers too. What would change the order of letters, or cannot be seen, is shown by its number, so
 * that "invoice\u202efdp.exe" does not pass for a PDF. The joiners of Persian and Indian scripts stay. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function plain(_key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replace(UNSEEN, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { error?: { code?: string; params?: Record<string, unknown> } };
    return new ApiError(response.status, body.error?.code ?? "unknown", body.error?.params ?? {});
  } catch {
    return new ApiError(response.status, "unknown");
  }
}

async function call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method === "POST") {
    headers["Content-Type"] = "application/json";
    headers["X-CSRF-Token"] = csrf;
  }
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: method === "POST" ? JSON.stringify(body ?? {}) : undefined,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, "network");
  }
  if (!response.ok) throw await refusal(response);
  const text = await response.text();
  return (text === "" ? null : JSON.parse(text, plain)) as T;
}

export function get<T>(path: string) {
  return call<T>("GET", path);
}

export function post<T>(path: string, body?: unknown) {
  return call<T>("POST", path, body);
}

/* A failed GET is worth another try when the console was away, not when it has said no. */
export function isWorthRetrying(failures: number, error: unknown) {
  return failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502);
}
