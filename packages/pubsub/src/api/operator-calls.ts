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
 * The letters in the dead-letter queue, which is the one that the redrive policy of `config.fanoutQueueUrl` names: each
 * once, in no order, at most `max` (default all). They stay where they are. Nobody else can read one while this does:
 * all are given back when the iteration ends, or, should this process die, after 20 seconds.
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
 * About how many dead letters there are: `visible` ones, and ones that are `held` by somebody who reads them just now.
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
 * Has dead letters delivered after all, once what had them fail is over: each is sent to the fan-out queue, for those
 * of its consumers that are still subscribed, and then removed from the dead-letter queue. Call it again, or twice at
 * once, or kill it anywhere: a letter that was sent already is done once, as long as its publication's ledger is kept.
 *
 * `filter` is asked about each delivery that can be read and says whether it is redriven (default: all). `max` letters
 * at most are taken up. With `dryRun` nothing is sent or removed, and the answer says what would be. `onProgress` is
 * told the counts so far, every ten letters or so.
 *
 * Answers counts of letters, and of consumers; what is left in the queue, and why, is among them. Beside what
 * `listDeadLetters` needs: `sqs:DeleteMessage` on the dead-letter queue, `sqs:SendMessage` on the fan-out queue,
 * `dynamodb:GetItem` and `dynamodb:Query` on the table.
 *
 * Throws `INVALID_ARGUMENT`; `QUEUE_FAILED` if the dead-letter queue can't be read; and whatever `filter` throws. A
 * letter that can't be sent, looked up or removed is counted as `failed` instead, and after 30 of them in a row the
 * rest is not tried.
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
