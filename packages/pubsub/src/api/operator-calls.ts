import { sqsClient } from "../aws/sdk/clients.ts";
import { createSqsDeadLetters } from "../aws/sqs/dead-letters.ts";
import type { DeadLetter } from "../core/dead-letters/dead-letter.ts";
import { listLetters } from "../core/dead-letters/list.ts";
import type { DeadLetterCount, DeadLetters } from "../core/dead-letters/port.ts";
import { type DeadLetterFilter, redrive } from "../core/dead-letters/redrive.ts";
import type { RedriveResult } from "../core/dead-letters/redrive-result.ts";
import { checkOptions, invalid } from "../core/options/check-options.ts";
import {
  callable,
  checkedLater,
  flag,
  type OptionRule,
  type RulesFor,
  wholeNumber,
} from "../core/options/option-rules.ts";
import type { Ports } from "../core/ports.ts";
import type { PubsubConfig } from "./config.ts";
import { pubsubOf } from "./create-pubsub.ts";

interface Configured {
  config: PubsubConfig;
}

/**
 * Yields the dead letters in the dead-letter queue that the redrive policy of `config.fanoutQueueUrl` names: each once,
 * in no order, and at most `max` of them (default all). The letters stay in the queue. During the iteration no other
 * reader can see them. They become visible again when the iteration ends or, if this process dies, after 20 seconds.
 *
 * Needs `sqs:GetQueueAttributes` on both queues, and `sqs:GetQueueUrl`, `sqs:ReceiveMessage` and
 * `sqs:ChangeMessageVisibility` on the dead-letter queue. Throws `INVALID_ARGUMENT`, `QUEUE_FAILED`.
 *
 * @example
 * ```ts
 * import { listDeadLetters } from "lambda-websocket-pubsub";
 *
 * for await (const { id, code, attempts, reason } of listDeadLetters({ config })) {
 *   console.log(id, code, attempts, reason); // … DELIVERY_ABANDONED 8 "throttled (429)"
 * }
 * ```
 */
export async function* listDeadLetters(
  request: Configured & { max?: number | undefined },
): AsyncGenerator<DeadLetter> {
  checkOptions("listDeadLetters", request, { config: checkedLater, max: maxLetters });
  const { config, max = Number.POSITIVE_INFINITY } = request;
  yield* listLetters(operatorPorts(config), max);
}

/**
 * Counts the dead letters approximately: the `visible` ones, and the ones that another reader has `held` back.
 * Needs `sqs:GetQueueAttributes` and `sqs:GetQueueUrl`. Throws `INVALID_ARGUMENT`, `QUEUE_FAILED`.
 *
 * @example
 * ```ts
 * const { visible } = await countDeadLetters({ config });
 * ```
 */
export async function countDeadLetters(request: Configured): Promise<DeadLetterCount> {
  checkOptions("countDeadLetters", request, { config: checkedLater });
  return operatorPorts(request.config).deadLetters.count();
}

/**
 * Redrives dead letters after the cause of their failure is removed. It sends each letter to the fan-out queue, for
 * those of its consumers that are still subscribed, and then removes it from the dead-letter queue. It is safe to call
 * it again, to call it twice at once, and to kill it: a letter that was sent twice is processed once, as long as the
 * ledger of its publication is kept.
 *
 * - `filter` is called with each delivery that can be decoded and returns whether to redrive it (default: all).
 * - `max` is the largest number of letters to consider (default: all).
 * - With `dryRun` the call sends and removes nothing; the result says what it would do.
 * - `onProgress` is called with the counts so far, about every ten letters.
 *
 * Returns counts of letters and of consumers, also of the letters that stay in the queue, by reason. It needs the
 * permissions of `listDeadLetters`, `sqs:DeleteMessage` on the dead-letter queue, `sqs:SendMessage` on the fan-out
 * queue, and `dynamodb:GetItem` and `dynamodb:Query` on the table.
 *
 * Throws `INVALID_ARGUMENT`, `QUEUE_FAILED` if the dead-letter queue cannot be read, and what `filter` throws. A letter
 * that cannot be sent, looked up or removed counts as `failed`. After 30 such letters in a row the call stops.
 *
 * @example
 * ```ts
 * import { redriveDeadLetters } from "lambda-websocket-pubsub";
 *
 * const { redriven, consumers, dropped, failed } = await redriveDeadLetters({
 *   config,
 *   filter: ({ topicId, reason }) => topicId === "room-1" && reason.includes("429"),
 * });
 * ```
 */
export async function redriveDeadLetters(request: RedriveRequest): Promise<RedriveResult> {
  checkOptions("redriveDeadLetters", request, redriveRules);
  const {
    config,
    filter = () => true,
    max = Number.POSITIVE_INFINITY,
    dryRun = false,
    onProgress = () => {},
  } = request;
  return redrive(operatorPorts(config), { filter, max, dryRun, onProgress });
}

interface RedriveRequest extends Configured {
  filter?: DeadLetterFilter | undefined;
  max?: number | undefined;
  dryRun?: boolean | undefined;
  onProgress?: ((soFar: RedriveResult) => void) | undefined;
}

const maxLetters: OptionRule = {
  expected: "a whole number from 1",
  accepts: (value) => value === Number.POSITIVE_INFINITY || wholeNumber(1).accepts(value),
};

const redriveRules: RulesFor<RedriveRequest> = {
  config: checkedLater,
  filter: callable,
  max: maxLetters,
  dryRun: flag,
  onProgress: callable,
};

function operatorPorts(config: PubsubConfig): Ports & { deadLetters: DeadLetters } {
  const { ports, config: resolved } = pubsubOf(config);
  const { fanoutQueueUrl: queueUrl } = resolved;
  if (queueUrl === undefined)
    throw invalid("config.fanoutQueueUrl", "the URL of the fan-out queue", undefined);
  return { ...ports, deadLetters: createSqsDeadLetters({ client: sqsClient(), queueUrl }) };
}
