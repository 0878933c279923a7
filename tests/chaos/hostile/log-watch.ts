import { SECRET } from "./inputs/awkward.ts";
import { Violation } from "./surface.ts";

export interface LogWatch {
  /** Throws if a line since the last call is not in our log format or contains a payload of a client. */
  check(): void;
  stop(): void;
}

/** Logs may contain these ids, even if a client chose them. An id must not contain a secret. */
const ID_FIELDS = [
  "topicId",
  "publicationId",
  "connectionId",
  "messageId",
  "consumer",
  "domainName",
  "stage",
];

/** Captures what the handlers in this process log. The lines are not printed. */
export function watchLog(): LogWatch {
  const streams = [process.stdout, process.stderr];
  const originals = streams.map((stream) => stream.write);
  let written: string[] = [];
  for (const stream of streams) {
    stream.write = (chunk: string | Uint8Array): boolean => {
      written.push(String(chunk));
      return true;
    };
  }
  return {
    check() {
      const lines = written.join("").split("\n");
      written = [];
      for (const line of lines) if (line !== "") checkLine(line);
    },
    stop() {
      streams.forEach((stream, index) => {
        const original = originals[index];
        if (original) stream.write = original;
      });
    },
  };
}

export function checkLine(line: string): void {
  const fields = parse(line);
  const isLogLine = typeof fields?.level === "string" && typeof fields.message === "string";
  const isMetric = typeof fields?._aws === "object" && fields._aws !== null;
  if (!isLogLine && !isMetric)
    throw new Violation(`a log line is not in our log format: ${line.slice(0, 200)}`);
  const withoutIds = JSON.stringify(fields, (key, value) => (ID_FIELDS.includes(key) ? undefined : value));
  if (withoutIds.includes(SECRET) || withoutIds.includes("forged-line")) {
    throw new Violation(`a log line contains a payload: ${line.slice(0, 400)}`);
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
