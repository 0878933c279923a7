/**
 * The core and its adapters in memory, for `pubsub simulate`, which bundles them. It is not an export of the package: what
 * it exports may change with every version.
 */
export { consumerKey, ledgerKey, TABLE, topicKey } from "../aws/dynamodb/schema.ts";
export { inTurn } from "../core/delivery/in-turn.ts";
export { createLimiter, type Limiter } from "../core/delivery/limiter.ts";
export { createPostCeiling } from "../core/delivery/post-ceiling.ts";
export { PubsubError } from "../core/errors.ts";
export { handleBatch, type MessageOutcome, type ReceivedMessage } from "../core/fanout/batch.ts";
export { type ClaimGuess, createClaimGuess } from "../core/fanout/claim-guess.ts";
export { invocationLimits } from "../core/fanout/invocation.ts";
export { FANOUT_SETTINGS_DEFAULT } from "../core/fanout/worker.ts";
export type {
  Clock,
  Connections,
  FanoutLedger,
  FanoutQueue,
  Frame,
  Ports,
  PostResult,
  QueuedMessage,
  Subscriptions,
  TopicLog,
} from "../core/ports.ts";
export { createPublisher, type Publisher } from "../core/publish/publish.ts";
export type { Consumer, Subscription } from "../core/types.ts";
export { createMemoryDeadLetters, type MemoryDeadLetters } from "../testing/dead-letters.ts";
export { createMemoryLedger } from "../testing/ledger.ts";
export { createMemorySubscriptions } from "../testing/subscriptions.ts";
export { createMemoryTopicLog } from "../testing/topic-log.ts";
export { createRandom, createVirtualClock, type VirtualClock } from "../testing/virtual-clock.ts";
