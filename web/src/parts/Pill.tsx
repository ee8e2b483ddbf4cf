import type { ReactNode } from "react";

export type Tone = "good" | "attention" | "bad" | "calm";

/* A state in a word. The word says it, the colour only helps. */
export function Pill({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="pill" data-tone={tone}>
      {children}
    </span>
  );
}
