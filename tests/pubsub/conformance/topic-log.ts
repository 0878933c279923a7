import { randomUUID } from "node:crypto";
import { describe } from "vitest";
import { nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";
import type { Clock, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { eventToAppend } from "../../support/samples.ts";
import { testAppends } from "./topic-log-appends.ts";
import { testEpochs } from "./topic-log-epochs.ts";
import { testLaggingTail } from "./topic-log-lagging-tail.ts";
import { testNewest } from "./topic-log-newest.ts";
import { testOwnWrites } from "./topic-log-own-writes.ts";
import { testReads } from "./topic-log-reads.ts";
import type { SetUpTopicLog } from "./topic-log-set-up.ts";

/** Tests every obligation of `TopicLog`. `create` may return the same log to all tests. */
export function describeTopicLogConformance(name: string, create: (clock: Clock) => Promise<TopicLog>): void {
  const setUp: SetUpTopicLog = async () => {
    const clock = createManualClock();
    return {
      clock,
      log: await create(clock),
      topicId: `topic-${randomUUID()}`,
      epoch: nextEpoch(clock.now(), undefined),
      event: (publicationId, changes = {}) =>
        eventToAppend(publicationId, { nowMs: clock.now(), ...changes }),
    };
  };
  describe(`topic log, ${name}`, () => {
    testAppends(setUp);
    testOwnWrites(setUp);
    testEpochs(setUp);
    testReads(setUp);
    testNewest(setUp);
    testLaggingTail(setUp);
  });
}
