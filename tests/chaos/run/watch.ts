import { readFileSync } from "node:fs";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import type { Line } from "../lines.ts";

const POLL_MS = 200;
const MEMORY_MS = 2_000;
const FUNCTIONS = ["fanout", "websocket"] as const;

/** Records when workers end, for any reason, and the memory of all processes. The returned function ends the watch. */
export function watchProcesses(
  stack: LocalStack,
  others: () => { caller: string; pid: number }[],
  record: (line: Line) => void,
): () => void {
  let known = new Set<string>();
  const workers = (): string[] =>
    FUNCTIONS.flatMap((name) => stack.faults.workers.pids(name).map((pid) => `${name}/${pid}`));

  function recordExits(): void {
    const now = new Set(workers());
    for (const caller of known) if (!now.has(caller)) record({ at: Date.now(), k: "gone", caller });
    known = now;
  }

  function recordMemory(): void {
    const at = Date.now();
    const all = [
      ...workers(),
      `stack/${process.pid}`,
      ...others().map(({ caller, pid }) => `${caller}/${pid}`),
    ];
    for (const caller of all) {
      const mb = readResidentMb(Number(caller.split("/")[1]));
      if (mb !== undefined) record({ at, k: "rss", caller, mb });
    }
  }

  const timers = [setInterval(recordExits, POLL_MS), setInterval(recordMemory, MEMORY_MS)];
  return () => {
    recordExits();
    for (const timer of timers) clearInterval(timer);
  };
}

/** Returns undefined if the process has ended or the system does not report its memory. */
function readResidentMb(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 102.4) / 10;
  } catch {
    return undefined;
  }
}
