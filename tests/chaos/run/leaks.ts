import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import type { Violation } from "../check/violation.ts";
import type { Line } from "../lines.ts";

/** What is left behind that should not be. */
export interface Leaks {
  subscriptions: number;
  connections: number;
  processes: number;
  handles: number;
  /** Resident memory of the longest-lived process of each kind, by a line through the run's second half. */
  mbPerMinute: Record<string, number>;
}

const CLOSE_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** Connections that the gateway still has when all subscribers have closed theirs. */
export async function connectionsLeft(stack: LocalStack): Promise<number> {
  const deadlineMs = performance.now() + CLOSE_MS;
  for (;;) {
    const { connections } = stack.stats().gateway;
    if (connections === 0 || performance.now() > deadlineMs) return connections;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Of the run's processes, those that still are; a process's number is not given out again so soon. */
export const processesLeft = (lines: readonly Line[]): string[] => {
  const callers = new Set(lines.flatMap((line) => (line.k === "rss" ? [line.caller] : [])));
  return [...callers].filter((caller) => {
    const pid = caller.split("/")[1];
    return Number(pid) !== process.pid && existsSync(`/proc/${pid}`);
  });
};

/** What keeps this process alive beside its standard streams. */
export const openHandles = (): number =>
  process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap|FSReqPromise|Immediate)$/.test(name))
    .length;

/** How many more there are than at first, when sockets had time to close. */
export async function handlesLeft(before: number): Promise<number> {
  const deadlineMs = performance.now() + CLOSE_MS;
  for (;;) {
    const left = openHandles() - before;
    if (left <= 0 || performance.now() > deadlineMs) return Math.max(0, left);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Shorter lives say nothing: a young heap grows into its size. */
const LIFE_MS_MIN = 240_000;
/** More than garbage collection leaves to chance over a minute, less than any leak of a payload a delivery makes. */
const MB_PER_MINUTE_MAX = 15;

export function memorySlopes(lines: readonly Line[]): Record<string, number> {
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
    if (lifeMs < LIFE_MS_MIN || lifeMs <= (lives.get(kind) ?? 0)) continue;
    lives.set(kind, lifeMs);
    const second = all.filter(({ at }) => at >= firstMs + lifeMs / 2);
    slopes[kind] = slope(second.map(({ at, mb = 0 }) => ({ x: (at - firstMs) / 60_000, y: mb })));
  }
  return slopes;
}

/** Of the line that fits best. */
function slope(points: readonly { x: number; y: number }[]): number {
  const mean = (of: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const meanX = mean(({ x }) => x);
  const meanY = mean(({ y }) => y);
  const covariance = mean(({ x, y }) => (x - meanX) * (y - meanY));
  const variance = mean(({ x }) => (x - meanX) ** 2);
  return variance === 0 ? 0 : Math.round((covariance / variance) * 10) / 10;
}

export function leakViolations({
  subscriptions,
  connections,
  processes,
  handles,
  mbPerMinute,
}: Leaks): Violation[] {
  const counted = { subscriptions, connections, processes, handles };
  const left = Object.entries(counted).filter(([, count]) => count > 0);
  const growing = Object.entries(mbPerMinute).filter(([, mb]) => mb > MB_PER_MINUTE_MAX);
  return [
    ...left.map(
      ([what, count]): Violation => ({ promise: "leak", found: `${count} ${what} are left behind` }),
    ),
    ...growing.map(
      ([kind, mb]): Violation => ({ promise: "leak", found: `${kind} grows by ${mb} MB a minute` }),
    ),
  ];
}
