import { performance } from "node:perf_hooks";

/**
 * Answers how busy this process was since it was last asked, 0 to 1: the share of time that its event loop spent on
 * anything but waiting.
 */
export function createLoad(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
