import { aFunction, anObjectWith, type Check } from "./check.ts";
import { SUBSCRIBE_CHECKS } from "./core.ts";
import { aLast, aLatest } from "./history-options.ts";
import type { TopicOptions } from "./types.ts";

export const TOPIC_CHECKS: Readonly<Record<keyof TopicOptions, Check>> = {
  ...SUBSCRIBE_CHECKS,
  last: aLast,
  latest: aLatest,
  load: aFunction(),
  onState: aFunction(),
  // `readPresence` has checked it
  presence: anObjectWith([]),
  onMembers: aFunction(),
};
