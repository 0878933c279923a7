import { readFileSync } from "node:fs";

export interface ProcessUsage {
  /** CPU time so far, user and system, of all its threads. */
  cpuMicros: number;
  rssBytes: number;
  /** The most it ever was. */
  rssPeakBytes: number;
}

/** Linux counts a process's CPU time in ticks of USER_HZ, 100 a second on every architecture that Node runs on. */
const TICK_MICROS = 10_000;

/** What a process has used so far, read from Linux's /proc. Throws once the process is gone. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  // The name in parentheses may hold blanks and parentheses itself; behind it the third field begins
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const utimeTicks = Number(fields[11]);
  const stimeTicks = Number(fields[12]);
  return {
    cpuMicros: (utimeTicks + stimeTicks) * TICK_MICROS,
    rssBytes: bytesOf(status, "VmRSS"),
    rssPeakBytes: bytesOf(status, "VmHWM"),
  };
}

function bytesOf(status: string, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`no ${field} in the process's status: it has ended`);
  return Number(kilobytes) * 1_024;
}
