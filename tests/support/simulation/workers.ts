import { inTurn } from "../../../packages/pubsub/src/core/delivery/in-turn.ts";
import { createLimiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import type { Clock, Ports } from "../../../packages/pubsub/src/core/ports.ts";
import type { MemoryQueue } from "../../../packages/pubsub/src/testing/queue.ts";
import { createDoor, portsThrough } from "./door.ts";
import type { Scenario } from "./scenario.ts";

const INVOCATION_MS = 30_000;
const WIND_DOWN_MS = 6_000;
const VISIBILITY_MS = 45_000;
const POLL_MS = 500;

export interface Workers {
  /** Resolves when `isOver` returns true between two batches. */
  run(isOver: () => boolean): Promise<void>;
  /** Returns the number of invocations that were killed by a crash or at their time limit. */
  killed(): number;
}

export function createWorkers(
  portsFor: (invocation: number) => Ports,
  { queue, clock }: { queue: MemoryQueue; clock: Clock },
  scenario: Scenario,
): Workers {
  let crashesLeft = scenario.faults.crashes;
  let errorsLeft = scenario.faults.workerErrors;
  let invocations = 0;
  let busy = 0;
  let killed = 0;

  const fate = (mayFail: boolean): "fine" | "crash" | "error" => {
    const chance = clock.random();
    if (crashesLeft > 0 && chance < 0.03) {
      crashesLeft -= 1;
      return "crash";
    }
    if (!mayFail || errorsLeft === 0 || chance < 0.97) return "fine";
    errorsLeft -= 1;
    return "error";
  };

  /** Runs one invocation. Resolves to whether its process can be used again. */
  async function invoke(limiter: ReturnType<typeof createLimiter>): Promise<boolean> {
    const batch = queue.receive(1 + Math.floor(clock.random() * 10), VISIBILITY_MS);
    if (batch.length === 0) {
      await clock.sleep(POLL_MS);
      return true;
    }
    busy += 1;
    const invocation = ++invocations;
    let alive = true;
    let die = (): void => {};
    const death = new Promise<"dead">((resolve) => {
      die = () => {
        alive = false;
        resolve("dead");
      };
    });
    const isAlive = (): boolean => alive;
    const door = createDoor({ clock, isAlive, crash: die, fate: () => fate(true) });
    const postDoor = createDoor({ clock, isAlive, crash: die, fate: () => fate(false) });
    const ports = portsThrough(door, postDoor, portsFor(invocation));
    const nowMs = clock.now();
    const { partSize, maxAttempts } = scenario;
    const context = {
      ...ports,
      connections: inTurn(ports.connections),
      limiterOf: () => limiter,
      settings: { partSize, maxAttempts },
      deadlineMs: nowMs + INVOCATION_MS - WIND_DOWN_MS,
      leaseUntilMs: nowMs + INVOCATION_MS,
    };
    const timeout = clock.sleep(INVOCATION_MS).then(() => "dead" as const);
    const outcomes = await Promise.race([handleBatch(context, batch), death, timeout]);
    alive = false;
    busy -= 1;
    if (outcomes === "dead") {
      killed += 1;
      return false;
    }
    for (const [id, { outcome }] of outcomes) if (outcome === "done") queue.delete(id);
    return true;
  }

  return {
    killed: () => killed,
    async run(isOver) {
      const workers = Array.from({ length: scenario.workers }, async () => {
        let limiter = createLimiter(clock, { initial: 4, min: 1, max: 8 });
        while (!isOver() || busy > 0) {
          const reusable = await invoke(limiter);
          if (!reusable) limiter = createLimiter(clock, { initial: 4, min: 1, max: 8 });
        }
      });
      await Promise.all(workers);
    },
  };
}
