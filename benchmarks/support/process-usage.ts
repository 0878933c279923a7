import { readFileSync } from "node:fs";

export interface ProcessUsage {
  /** User and system CPU time of all threads so far. */
  cpuMicros: number;
  rssBytes: number;
  /** The peak of `rssBytes` so far. */
  rssPeakBytes: number;
}

/** Linux counts a process's CPU time in ticks of USER_HZ, 100 per second on every architecture that Node runs on. */
const TICK_MICROS = 10_000;

/** Reads from Linux's /proc what a process has used so far. Throws if the process has ended. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  // The name in parentheses can contain blanks and parentheses. The third field begins after it
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const utimeTicks = Number(fields[11]);
  const stimeTicks = Number(fields[12]);
  return {
    cpuMicros: (utimeTicks + stimeTicks) * TICK_MICROS,
    rssBytes: parseBytes(status, "VmRSS"),
    rssPeakBytes: parseBytes(status, "VmHWM"),
  };
}

function parseBytes(status: string, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/PID/status has no ${field}: the process has ended`);
  return Number(kilobytes) * 1_024;
}
