import { writeFileSync } from "node:fs";
import { processUsage } from "./process-usage.ts";

export interface ProcessesUsed {
  /** Of all of them together. */
  cpuMicros: number;
  /** The most that the memory of any one of them grew. */
  rssGrowthBytes: number;
}

/** Linux: written to a process's clear_refs, makes its present memory the most it ever was (proc_pid_clear_refs(5)). */
const RESET_PEAK = "5";

/**
 * Watches what processes use from now until the answer is called for. The kernel keeps the peak of their memory,
 * so that nothing between two looks is missed.
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
