import type { EventToAppend, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import type { ManualClock } from "../../support/manual-clock.ts";

export type SetUpTopicLog = () => Promise<{
  clock: ManualClock;
  log: TopicLog;
  /** Nobody else's. */
  topicId: string;
  epoch: string;
  event(publicationId: string, changes?: Partial<EventToAppend>): EventToAppend;
}>;
