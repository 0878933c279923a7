import type { Line, LineOf } from "../lines.ts";
import { hasDelivery } from "./facts.ts";

/** A broken promise. */
export interface Violation {
  promise:
    | "log"
    | "idempotency"
    | "order"
    | "client"
    | "raw"
    | "abandonment"
    | "malformed"
    | "settling"
    | "leak";
  /** What was found, in one sentence. */
  found: string;
  topic?: string;
  who?: string;
  m?: string;
}

const LINES_SHOWN = 20;

/** Returns the lines of a history that concern a violation. */
export function evidence(lines: readonly Line[], { who, m, topic }: Violation): Line[] {
  const logged = lines.find((line): line is LineOf<"event"> => line.k === "event" && line.m === m);
  const about = lines.filter((line) => {
    if (line.k === "sent") return !!logged && who !== undefined && hasDelivery(line, logged, who);
    const markers = "ms" in line ? line.ms : "m" in line ? [line.m] : [];
    if (m !== undefined && markers.includes(m))
      return who === undefined || !("who" in line) || line.who === who;
    if (m === undefined && who !== undefined) return "who" in line && line.who === who && line.k !== "post";
    return m === undefined && who === undefined && "topic" in line && line.topic === topic;
  });
  return about.slice(0, LINES_SHOWN);
}

/** Describes a violation: what was found, where, and the lines that concern it. */
export function explain(lines: readonly Line[], violation: Violation): string[] {
  const { promise, topic, who, m, found } = violation;
  const subject = [topic, who, m].filter((part) => part !== undefined).join(", ");
  return [
    `First of ${promise}${subject && ` (${subject})`}: ${found}`,
    ...evidence(lines, violation).map((line) => `  ${JSON.stringify(line)}`),
  ];
}
