import { printable } from "../packages/cli/src/printable.ts";

/** A line of a function's log about a publication. */
export interface LifeLine {
  timestamp: string;
  function_name?: string;
  message: string;
  publicationId: string;
  [field: string]: unknown;
}

/** Returns the log lines about one publication, oldest first. */
export function linesAbout(log: readonly string[], publicationId: string): LifeLine[] {
  return log
    .filter((line) => line.includes(publicationId))
    .map((line) => JSON.parse(line) as LifeLine)
    .filter((line) => line.publicationId === publicationId)
    .sort((a, b) => a.timestamp.localeCompare(b.timestamp));
}

const SHOWN = [
  "unit",
  "attempt",
  "consumers",
  "delivered",
  "gone",
  "retried",
  "handedOn",
  "delaySeconds",
  "durationMs",
];

export function describeLine({
  timestamp,
  function_name = "producer",
  message,
  ...fields
}: LifeLine): string {
  const shown = SHOWN.filter((name) => fields[name] !== undefined).map((name) => `${name}=${fields[name]}`);
  return printable(`${timestamp}  ${function_name.padEnd(9)}  ${message.padEnd(21)}  ${shown.join(" ")}`);
}
