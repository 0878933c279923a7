import type { Clock, Connections, Frame, PostResult } from "../../../pubsub/src/simulation/index.ts";
import { indexOf } from "./audience.ts";
import { createBucket } from "./bucket.ts";
import type { Deliveries } from "./deliveries.ts";
import { MODEL, type SimulateSettings } from "./model.ts";
import type { Timeline } from "./timeline.ts";

/** The CPU of one worker: what it does takes its turn. */
export interface Cpu {
  /** Returns how long until work that is added now is done. */
  work(micros: number): number;
  /** Returns the share of the time since the last call in which it worked. */
  load(): number;
}

export function createCpu(clock: Pick<Clock, "now">): Cpu {
  let freeMs = clock.now();
  let seenMs = clock.now();
  let workedMs = 0;
  return {
    work(micros) {
      const nowMs = clock.now();
      freeMs = Math.max(freeMs, nowMs) + micros / 1_000;
      workedMs += micros / 1_000;
      return freeMs - nowMs;
    },
    load() {
      const passedMs = clock.now() - seenMs;
      const load = passedMs === 0 ? 0 : Math.min(1, workedMs / passedMs);
      seenMs = clock.now();
      workedMs = 0;
      return load;
    },
  };
}

/** What API Gateway's posts need and report to, for all workers together. */
export interface GatewayModel {
  connectionsOf(cpu: Cpu): Connections;
  /** Posted messages as AWS bills them: each started 32 KB is one. */
  messages(): number;
}

const BILLED_BYTES = 32_768;
/** The shortest latency, as a share of the average. The rest is exponential. Assumed. */
const LEAST_LATENCY = 0.7;

export interface SimulatedData {
  number: number;
}

export function createGatewayModel(
  clock: Clock,
  { accountRate, failures, postMs, postCpuMicros }: SimulateSettings,
  { deliveries, timeline }: { deliveries: Deliveries; timeline: Timeline },
): GatewayModel {
  const burst = accountRate * MODEL.accountBurstSeconds.value;
  const bucket = createBucket(accountRate, burst, clock.now());
  const known = new WeakMap<Uint8Array, readonly number[]>();
  const decoder = new TextDecoder();
  let messages = 0;

  const latencyMs = (): number =>
    postMs * (LEAST_LATENCY - (1 - LEAST_LATENCY) * Math.log(1 - clock.random()));

  /** A frame goes to thousands of connections and is decoded once. */
  function eventsOf({ body }: Frame): readonly number[] {
    const before = known.get(body);
    if (before) return before;
    const frame = JSON.parse(decoder.decode(body)) as { events: { data: SimulatedData }[] };
    const numbers = frame.events.map(({ data }) => data.number);
    known.set(body, numbers);
    return numbers;
  }

  function answer(): { outcome: "delivered" | "throttled" | "failed"; result: PostResult } {
    // As on AWS, the account's bucket is asked first: a post that fails afterwards has used it
    if (!bucket.take(1, clock.now())) return { outcome: "throttled", result: { outcome: "throttled" } };
    if (clock.random() >= failures) return { outcome: "delivered", result: { outcome: "delivered" } };
    const result = { outcome: "failed", retryable: true, reason: "500", kind: "5xx" } as const;
    return { outcome: "failed", result };
  }

  return {
    messages: () => messages,
    connectionsOf: (cpu) => ({
      async post(consumer, frame) {
        const sentMs = cpu.work(postCpuMicros);
        const { outcome, result } = answer();
        await clock.sleep(sentMs + latencyMs());
        const nowMs = clock.now();
        timeline.add(outcome, nowMs);
        if (outcome === "delivered") {
          messages += Math.max(1, Math.ceil(frame.body.byteLength / BILLED_BYTES));
          deliveries.delivered(indexOf(consumer), eventsOf(frame), nowMs);
        }
        return result;
      },
    }),
  };
}
