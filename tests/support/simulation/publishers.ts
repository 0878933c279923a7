import { inTurn } from "../../../packages/pubsub/src/core/delivery/in-turn.ts";
import { createLimiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import {
  createInlineFanout,
  type InlineFanout,
} from "../../../packages/pubsub/src/core/fanout/inline-fanout.ts";
import type { Ports } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { DAY_SECONDS } from "../samples.ts";
import { createDoor, portsThrough } from "./door.ts";
import { type Records, TOPIC } from "./records.ts";
import type { Scenario } from "./scenario.ts";

/** The number of publications that every process makes under the same id and with the same data. */
const SHARED = 2;
const LANES = 2;
const TRIES_MAX = 100;

/** Runs all publishing processes. Each one retries rejected publications, as the documentation says. */
export async function runPublishers(ports: Ports, scenario: Scenario, records: Records): Promise<void> {
  let errorsLeft = scenario.faults.publisherErrors;
  const fate = (): "fine" | "error" => {
    if (errorsLeft === 0 || ports.clock.random() > 0.2) return "fine";
    errorsLeft -= 1;
    return "error";
  };
  const processes = Array.from({ length: scenario.publishers }, async (_, process) => {
    const door = createDoor({ clock: ports.clock, isAlive: () => true, fate, crash: () => {} });
    const postDoor = createDoor({
      clock: ports.clock,
      isAlive: () => true,
      fate: () => "fine",
      crash: () => {},
    });
    const own = portsThrough(door, postDoor, ports);
    const { publish } = createPublisher(own, { retentionSeconds: DAY_SECONDS }, inlineOf(own, scenario));
    const { random, sleep } = ports.clock;

    async function publishOne(name: string, publicationId: string | undefined): Promise<void> {
      for (let tries = 1; tries <= TRIES_MAX; tries++) {
        const marker = `m:${publicationId ?? `${name} try ${tries}`}`;
        const data = name.endsWith("0") ? marker : { m: marker };
        const beganStep = records.step();
        try {
          const result = await publish({ topicId: TOPIC, data, publicationId });
          const resolvedStep = records.step();
          records.published.push({ publicationId, marker, beganStep, resolvedStep, result });
          return;
        } catch {
          await sleep(random() * 100);
        }
      }
      throw new Error(`${name} was rejected ${TRIES_MAX} times`);
    }

    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (let n = 0; n < scenario.publications; n++) {
        await sleep(random() * (random() < 0.2 ? 20_000 : 50));
        const name = `${process}/${lane}/${n}`;
        const id = n < SHARED && lane === 0 ? `shared ${n}` : random() < 0.5 ? name : undefined;
        await publishOne(id ?? name, id);
      }
    });
    await Promise.all(lanes);
  });
  await Promise.all(processes);
}

function inlineOf(
  ports: Ports,
  { inlineFanoutMax, partSize, maxAttempts }: Scenario,
): InlineFanout | undefined {
  if (inlineFanoutMax === 0) return undefined;
  const limiter = createLimiter(ports.clock, { initial: 4, min: 1, max: 8 });
  const settings = { partSize, maxAttempts };
  const worker = { ...ports, connections: inTurn(ports.connections), limiterOf: () => limiter, settings };
  return createInlineFanout(worker, inlineFanoutMax);
}
