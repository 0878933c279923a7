import { writeFileSync } from "node:fs";
import { processUsage } from "./process-usage.ts";

export interface ProcessesUsed {
  /** CPU time of all processes together. */
  cpuMicros: number;
  /** The largest memory growth of a single process. */
  rssGrowthBytes: number;
}

/** On Linux, writing this to clear_refs resets a process's memory peak to its present size (proc_pid_clear_refs(5)). */
const RESET_PEAK = "5";

/**
 * Measures what processes use from now until the returned function is called. The kernel records the peak of their
 * memory, so no growth in between is missed.
 */
export function watchProcesses(pids: readonly number[]): () => ProcessesUsed {
  const before = pids.map((pid) => {
    writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
    return { pid, ...processUsage(pid) };
  });
  return () => {
    const used = before.map(({ pid, cpuMicros, rssBytes }) => {
      const now = processUsage(pid);
      return { cpuMicros: now.cpuMicros - cpuMicros, rssGrowthBytes: now.rssPeakBytes - rssBytes };
    });
    return {
      cpuMicros: used.reduce((sum, each) => sum + each.cpuMicros, 0),
      rssGrowthBytes: Math.max(...used.map(({ rssGrowthBytes }) => rssGrowthBytes)),
    };
  };
}
