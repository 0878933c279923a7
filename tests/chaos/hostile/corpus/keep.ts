import { appendFileSync } from "node:fs";

export type Kept = "events" | "sqsEvents" | "frames" | "rows" | "http";

/** Adds one thing seen to the recording that is being made; functions call it in processes of their own. */
export function keep(kind: Kept, value: unknown, file: string = process.env.RECORDING ?? ""): void {
  appendFileSync(file, `${JSON.stringify({ kind, value })}\n`);
}
