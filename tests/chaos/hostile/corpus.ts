import { readFileSync } from "node:fs";

interface Corpus {
  events: { body?: string }[];
  sqsEvents: { Records: { body: string }[] }[];
  frames: string[];
  rows: Record<string, Record<string, unknown>>[];
  /** Requests as base64. */
  http: string[];
}

/** A session on the local stack that corpus/record.ts has recorded. */
export const corpus: Corpus = JSON.parse(
  readFileSync(new URL("corpus/corpus.json", import.meta.url), "utf8"),
) as Corpus;
