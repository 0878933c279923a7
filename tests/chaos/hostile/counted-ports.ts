import { inTurn } from "../../../packages/pubsub/src/core/delivery/in-turn.ts";
import type { Observe } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { DeadLetterReason, HandlerPorts } from "../../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { createMemoryLedger } from "../../../packages/pubsub/src/testing/ledger.ts";
import { createMemorySpending } from "../../../packages/pubsub/src/testing/spending.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock } from "../../support/manual-clock.ts";

/** The effects of one input. */
export interface Effects {
  /** Rows put, changed or removed, and messages queued. */
  writes: number;
  posts: { consumer: Consumer; text: string }[];
  deadLetters: { body: string; reason: DeadLetterReason }[];
}

export interface CountedPorts {
  ports: HandlerPorts;
  /** Returns the effects since the last call. */
  takeEffects(): Effects;
  /** Makes the dead-letter queue fail or work for the next inputs. */
  setDeadLettersDown(down: boolean): void;
}

/** The ports forget their content after this number of writes. Otherwise accepted inputs would look like a leak. */
const MAX_WRITES_KEPT = 200;

/** Creates ports in memory. Every connection accepts every post. */
export function createCountedPorts(observe: Observe): CountedPorts {
  const clock = createManualClock();
  const createAdapters = () => ({
    log: createMemoryTopicLog(clock),
    subscriptions: createMemorySubscriptions(clock),
    ledger: createMemoryLedger(),
  });
  const nothing = (): Effects => ({ writes: 0, posts: [], deadLetters: [] });
  const decoder = new TextDecoder();
  let held = createAdapters();
  let writesHeld = 0;
  let effects = nothing();
  let deadLettersDown = false;

  const counted = <Result>(result: Result): Result => {
    effects.writes += 1;
    writesHeld += 1;
    return result;
  };

  const ports: HandlerPorts = {
    log: {
      tail: (topicId) => held.log.tail(topicId),
      newest: (request) => held.log.newest(request),
      read: (request) => held.log.read(request),
      append: (request) => counted(held.log.append(request)),
      openEpoch: (request) => counted(held.log.openEpoch(request)),
    },
    subscriptions: {
      ...held.subscriptions,
      identify: (connection) => counted(held.subscriptions.identify(connection)),
      forget: (connection) => counted(held.subscriptions.forget(connection)),
      revoke: (revocation) => counted(held.subscriptions.revoke(revocation)),
      markRemoved: (removed) => counted(held.subscriptions.markRemoved(removed)),
      end: (connection) => counted(held.subscriptions.end(connection)),
      put: (subscription) => counted(held.subscriptions.put(subscription)),
      remove: (subscriptions) => counted(held.subscriptions.remove(subscriptions)),
      replaceAbandonments: (subscription, next) =>
        counted(held.subscriptions.replaceAbandonments(subscription, next)),
      removeUnchanged: (subscription) => counted(held.subscriptions.removeUnchanged(subscription)),
    },
    ledger: {
      claim: (request) => counted(held.ledger.claim(request)),
      plan: (request) => counted(held.ledger.plan(request)),
      settle: (request) => counted(held.ledger.settle(request)),
      abandon: (request) => counted(held.ledger.abandon(request)),
      settleRun: (request) => counted(held.ledger.settleRun(request)),
      doneInRuns: (request) => held.ledger.doneInRuns(request),
      rows: (publication) => held.ledger.rows(publication),
    },
    connections: inTurn({
      async post(consumer, { body }) {
        effects.posts.push({ consumer, text: decoder.decode(body) });
        return { outcome: "delivered" };
      },
    }),
    spending: createMemorySpending(),
    // No single input may end a connection
    disconnect: () => Promise.reject(new Error("a connection was ended")),
    queue: {
      durable: true,
      send: async () => counted(undefined),
      async deadLetter(body, reason) {
        if (deadLettersDown) throw new Error("the dead-letter queue is down");
        effects.deadLetters.push({ body, reason });
      },
    },
    clock,
    observe,
  };

  return {
    ports,
    takeEffects() {
      const taken = effects;
      effects = nothing();
      if (writesHeld > MAX_WRITES_KEPT) {
        held = createAdapters();
        writesHeld = 0;
      }
      return taken;
    },
    setDeadLettersDown(down) {
      deadLettersDown = down;
    },
  };
}
