import type { Ports } from "../../../packages/pubsub/src/core/ports.ts";
import { subscribe, unsubscribe } from "../../../packages/pubsub/src/core/subscriptions/subscribe.ts";
import type { MemoryConnections } from "../../../packages/pubsub/src/testing/connections.ts";
import { consumerOf, DAY_SECONDS } from "../samples.ts";
import { type Records, TOPIC } from "./records.ts";
import type { Scenario } from "./scenario.ts";

export interface Audience {
  /** Subscribes everyone who takes part from the beginning. */
  settle(): Promise<void>;
  /** Lets subscribers come and leave while `goesOn` returns true. */
  churn(goesOn: () => boolean): Promise<void>;
}

export function runAudience(
  ports: Ports,
  connections: MemoryConnections,
  { subscribers, dataShare, faults }: Scenario,
  records: Records,
): Audience {
  const { random, sleep } = ports.clock;

  /** Ids are random, so that a new subscriber can be anywhere in the order of the index. */
  async function join(): Promise<void> {
    const consumer = consumerOf(`${Math.floor(random() * 1e9).toString(36)}/${records.subscribers.length}=`);
    connections.open(consumer);
    const format = random() < dataShare ? "data" : "event";
    const { epoch, offset } = await subscribe(
      ports,
      { consumer, topicId: TOPIC, format },
      { retentionSeconds: DAY_SECONDS },
    );
    records.subscribers.push({ consumer, position: { epoch, offset }, format, left: false });
  }

  async function leave(): Promise<void> {
    const subscriber = records.subscribers[Math.floor(random() * records.subscribers.length)];
    if (!subscriber) return;
    subscriber.left = true;
    if (random() < 0.5) connections.close(subscriber.consumer);
    else await unsubscribe(ports, { consumer: subscriber.consumer, topicId: TOPIC });
  }

  return {
    async settle() {
      for (let n = 0; n < subscribers; n++) {
        await join();
        if (random() < 0.1) await sleep(random() * 100_000);
      }
    },
    async churn(goesOn) {
      while (faults.churn && goesOn()) {
        await sleep(random() * 2_000);
        await (random() < 0.5 ? join() : leave());
      }
    },
  };
}
