import { appendFileSync } from "node:fs";

export type Kept = "events" | "sqsEvents" | "frames" | "rows" | "http";

/** Adds one item to the recording. The functions call it, too, each in its own process. */
export function keep(kind: Kept, value: unknown, file: string = process.env.RECORDING ?? ""): void {
  appendFileSync(file, `${JSON.stringify({ kind, value })}\n`);
}
