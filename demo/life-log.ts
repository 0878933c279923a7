import { EventEmitter, once } from "node:events";
import { type LifeLine, linesAbout } from "./life-lines.ts";

export interface LifeLog {
  add(line: string): void;
  /** Resolves to the lines about a publication when they cover all `consumers`. Rejects when `signal` aborts. */
  wholeLife(publicationId: string, consumers: number, signal: AbortSignal): Promise<LifeLine[]>;
}

/**
 * Collects the log lines of the functions. A worker writes its last line after the publication's status is "complete",
 * and the line then goes through a pipe. The status does not show that all lines are here, so this counts the lines.
 */
export function createLifeLog(): LifeLog {
  const log: string[] = [];
  const added = new EventEmitter();
  return {
    add(line) {
      log.push(line);
      added.emit("line");
    },
    async wholeLife(publicationId, consumers, signal) {
      for (;;) {
        const lines = linesAbout(log, publicationId);
        if (countReached(lines) >= consumers) return lines;
        await once(added, "line", { signal });
      }
    },
  };
}

/** Each unit of work writes one line. Consumers that it could not reach are handed on and counted in a later line. */
function countReached(lines: readonly LifeLine[]): number {
  const pages = lines.filter(({ message }) => message === "unit-completed");
  return pages.reduce((sum, { delivered, gone }) => sum + Number(delivered) + Number(gone), 0);
}
