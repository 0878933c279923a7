import { readFileSync } from "node:fs";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import type { Line } from "../lines.ts";

const LOOK_EVERY_MS = 200;
const WEIGH_EVERY_MS = 2_000;
const FUNCTIONS = ["fanout", "websocket"] as const;

/** Notes when workers end, whoever ended them, and how much memory everybody has. Answers what ends the watch. */
export function watchProcesses(
  stack: LocalStack,
  others: () => { caller: string; pid: number }[],
  record: (line: Line) => void,
): () => void {
  let known = new Set<string>();
  const workers = (): string[] =>
    FUNCTIONS.flatMap((name) => stack.faults.workers.pids(name).map((pid) => `${name}/${pid}`));

  function look(): void {
    const now = new Set(workers());
    for (const caller of known) if (!now.has(caller)) record({ at: Date.now(), k: "gone", caller });
    known = now;
  }

  function weigh(): void {
    const at = Date.now();
    const all = [
      ...workers(),
      `stack/${process.pid}`,
      ...others().map(({ caller, pid }) => `${caller}/${pid}`),
    ];
    for (const caller of all) {
      const mb = residentMb(Number(caller.split("/")[1]));
      if (mb !== undefined) record({ at, k: "rss", caller, mb });
    }
  }

  const timers = [setInterval(look, LOOK_EVERY_MS), setInterval(weigh, WEIGH_EVERY_MS)];
  return () => {
    look();
    for (const timer of timers) clearInterval(timer);
  };
}

/** Of any process; nothing where the system does not say, or the process is gone. */
function residentMb(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 102.4) / 10;
  } catch {
    return undefined;
  }
}
