import { randomUUID } from "node:crypto";
import { describe } from "vitest";
import type { Clock, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { testAccessRows } from "./access-rows.ts";
import { testLiveTopics } from "./live-topics.ts";
import { testPresenceRows } from "./presence-rows.ts";
import { testAbandonments } from "./subscription-abandonments.ts";
import { testSubscriptionPages } from "./subscription-pages.ts";
import { testSubscriptionRows } from "./subscription-rows.ts";
import type { SetUpSubscriptions } from "./subscriptions-set-up.ts";

/** Tests every obligation of `Subscriptions`. `create` may return the same table to all tests. */
export function describeSubscriptionsConformance(
  name: string,
  create: (clock: Clock) => Promise<Subscriptions>,
): void {
  const setUp: SetUpSubscriptions = async () => {
    const clock = createManualClock();
    return { clock, subscriptions: await create(clock), topicId: `topic-${randomUUID()}` };
  };
  describe(`subscriptions, ${name}`, () => {
    testSubscriptionRows(setUp);
    testLiveTopics(setUp);
    testAccessRows(setUp);
    testSubscriptionPages(setUp);
    testAbandonments(setUp);
    testPresenceRows(setUp);
  });
}
