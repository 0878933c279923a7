import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import type { Violation } from "../check/violation.ts";
import type { Line } from "../lines.ts";

/** What still exists at the end of a run, although it should not. */
export interface Leaks {
  subscriptions: number;
  connections: number;
  processes: number;
  handles: number;
  /** Growth of the resident memory of the longest-lived process of each kind, in the second half of its life. */
  mbPerMinute: Record<string, number>;
}

const CLOSE_MS = 60_000;
const POLL_MS = 100;

/** Returns how many connections the gateway still has, after all subscribers have closed theirs. */
export async function countOpenConnections(stack: LocalStack): Promise<number> {
  const deadlineMs = performance.now() + CLOSE_MS;
  for (;;) {
    const { connections } = stack.stats().gateway;
    if (connections === 0 || performance.now() > deadlineMs) return connections;
    await sleep(POLL_MS);
  }
}

/** Returns the processes of the run that still live. Linux does not reuse a process id within such a short time. */
export const findLiveProcesses = (lines: readonly Line[]): string[] => {
  const callers = new Set(lines.flatMap((line) => (line.k === "rss" ? [line.caller] : [])));
  return [...callers].filter((caller) => {
    const pid = caller.split("/")[1];
    return Number(pid) !== process.pid && existsSync(`/proc/${pid}`);
  });
};

/** Counts the resources that keep this process alive, without its standard streams. */
export const countHandles = (): number =>
  process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap|FSReqPromise|Immediate)$/.test(name))
    .length;

/** Waits until sockets had time to close. Returns how many handles there are in addition to `before`. */
export async function countNewHandles(before: number): Promise<number> {
  const deadlineMs = performance.now() + CLOSE_MS;
  for (;;) {
    const left = countHandles() - before;
    if (left <= 0 || performance.now() > deadlineMs) return Math.max(0, left);
    await sleep(POLL_MS);
  }
}

/**
 * Shorter lives are not judged: a young heap still grows to its normal size, and what is not yet collected grows by 45 MB
 * a minute for two minutes on end. On a slow machine a run of two minutes takes five.
 */
const MIN_LIFE_MS = 600_000;
/** More than the random effect of garbage collection per minute, but less than a leak of one payload per delivery. */
const MAX_MB_PER_MINUTE = 15;

export function computeMemorySlopes(lines: readonly Line[]): Record<string, number> {
  const samples = Map.groupBy(
    lines.filter((line) => line.k === "rss"),
    ({ caller }) => caller,
  );
  const slopes: Record<string, number> = {};
  const lives = new Map<string, number>();
  for (const [caller, all] of samples) {
    const kind = caller.split("/")[0] ?? "";
    const firstMs = all[0]?.at ?? 0;
    const lifeMs = (all.at(-1)?.at ?? 0) - firstMs;
    if (lifeMs < MIN_LIFE_MS || lifeMs <= (lives.get(kind) ?? 0)) continue;
    lives.set(kind, lifeMs);
    const second = all.filter(({ at }) => at >= firstMs + lifeMs / 2);
    slopes[kind] = computeSlope(second.map(({ at, mb = 0 }) => ({ x: (at - firstMs) / 60_000, y: mb })));
  }
  return slopes;
}

/** Returns the slope of the best-fitting line. */
function computeSlope(points: readonly { x: number; y: number }[]): number {
  const mean = (of: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const meanX = mean(({ x }) => x);
  const meanY = mean(({ y }) => y);
  const covariance = mean(({ x, y }) => (x - meanX) * (y - meanY));
  const variance = mean(({ x }) => (x - meanX) ** 2);
  return variance === 0 ? 0 : Math.round((covariance / variance) * 10) / 10;
}

export function toLeakViolations({
  subscriptions,
  connections,
  processes,
  handles,
  mbPerMinute,
}: Leaks): Violation[] {
  const counted = { subscriptions, connections, processes, handles };
  const left = Object.entries(counted).filter(([, count]) => count > 0);
  const growing = Object.entries(mbPerMinute).filter(([, mb]) => mb > MAX_MB_PER_MINUTE);
  return [
    ...left.map(([what, count]): Violation => ({ promise: "leak", found: `${count} ${what} still exist` })),
    ...growing.map(
      ([kind, mb]): Violation => ({ promise: "leak", found: `${kind} grows by ${mb} MB a minute` }),
    ),
  ];
}
