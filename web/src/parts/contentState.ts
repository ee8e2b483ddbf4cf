/* Whether a server's detection content is what it should be. The limits are those of the console. */
import type { DetectionContent, Endpoint } from "../api/types";

const DAY = 86_400_000;
const OLD = 7 * DAY;
const FAILED = 3 * DAY;

function isOld(content: DetectionContent, now: number): boolean {
  return content.built !== undefined && content.built > 0 && now - content.built > OLD;
}

function hasSourceFailedForDays(content: DetectionContent, now: number): boolean {
  return content.list?.some((source) => source.failing > 0 && now - source.failing > FAILED) ?? false;
}

export type ContentConcern = "old" | "failing" | "held";

/* The one that concerns most; null when there is none. A server that is away has other troubles. */
export function contentConcern({ state, content }: Endpoint, now: number): ContentConcern | null {
  if (state === "offline" || content === null) return null;
  if (isOld(content, now)) return "old";
  if (hasSourceFailedForDays(content, now)) return "failing";
  return content.held === true ? "held" : null;
}
