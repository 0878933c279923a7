import { performance } from "node:perf_hooks";

/**
 * Creates a function that returns how busy this process was since the previous call, 0 to 1. This is the share of time
 * in which its event loop did not wait.
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
