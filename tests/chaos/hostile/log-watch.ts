import { SECRET } from "./inputs/awkward.ts";
import { Violation } from "./surface.ts";

export interface LogWatch {
  /** Throws for the lines since the last call that are no lines of ours, or say what a client sent. */
  check(): void;
  stop(): void;
}

/** Ids are logged, whatever they are made of: whoever chose one has no secret in it. */
const ID_FIELDS = [
  "topicId",
  "publicationId",
  "connectionId",
  "messageId",
  "consumer",
  "domainName",
  "stage",
];

/** Takes what the handlers in this process log, which is nowhere to be shown. */
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
  const fields = parsed(line);
  const isLogLine = typeof fields?.level === "string" && typeof fields.message === "string";
  const isMetric = typeof fields?._aws === "object" && fields._aws !== null;
  if (!isLogLine && !isMetric) throw new Violation(`a log line is none of ours: ${line.slice(0, 200)}`);
  const told = JSON.stringify(fields, (key, value) => (ID_FIELDS.includes(key) ? undefined : value));
  if (told.includes(SECRET) || told.includes("forged-line")) {
    throw new Violation(`a log line says what was sent: ${line.slice(0, 400)}`);
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
