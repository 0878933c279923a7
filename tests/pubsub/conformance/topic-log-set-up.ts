import type { EventToAppend, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import type { ManualClock } from "../../support/manual-clock.ts";

export type SetUpTopicLog = () => Promise<{
  clock: ManualClock;
  log: TopicLog;
  /** A topic that no other test uses. */
  topicId: string;
  epoch: string;
  event(publicationId: string, changes?: Partial<EventToAppend>): EventToAppend;
}>;
