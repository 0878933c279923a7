import { createWriteStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import type { Line } from "./lines.ts";

export interface Recorder {
  record(line: Line): void;
  /** Appends lines that another process has serialized. */
  append(text: string): void;
  close(): Promise<void>;
}

const FLUSH_CHARS = 65_536;

export async function createRecorder(path: string): Promise<Recorder> {
  await mkdir(dirname(path), { recursive: true });
  const file = createWriteStream(path);
  let text = "";
  let closing: Promise<void> | undefined;
  function append(more: string): void {
    text += more;
    if (text.length < FLUSH_CHARS) return;
    file.write(text);
    text = "";
  }
  return {
    record: (line) => append(`${JSON.stringify(line)}\n`),
    append,
    close() {
      if (!closing) file.end(text);
      closing ??= finished(file);
      return closing;
    },
  };
}

export async function readHistory(path: string): Promise<Line[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}
