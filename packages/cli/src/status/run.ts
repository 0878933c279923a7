import { setTimeout as delay } from "node:timers/promises";
import {
  getPublicationStatus,
  getTopicPosition,
  type Publication,
  type PublicationStatus,
  type PubsubConfig,
} from "lambda-websocket-pubsub";
import { wholeNumber } from "../command-line/option-values.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable, printableJson } from "../printable.ts";
import { findStack } from "../stack/find-stack.ts";
import type { StackOptions } from "../stack/stack-options.ts";
import { toConfig } from "../stack/to-config.ts";
import { bold, green, red, yellow } from "../terminal/colours.ts";
import { type Interruption, onInterrupt } from "../terminal/interrupted.ts";
import { createProgress } from "../terminal/progress.ts";

interface StatusOptions extends StackOptions {
  epoch?: string;
  wait?: true;
  json?: true;
}

/** Each look reads the publication's ledger. */
const LOOK_EVERY_MS = 1_000;

export async function runStatus(
  { topic: topicId, offset: text }: { topic: string; offset: string },
  { epoch: given, wait, json, ...options }: StatusOptions,
): Promise<number> {
  const offset = wholeNumber("OFFSET", text, { min: 1 });
  const config = toConfig(await findStack(["table"], options));
  const epoch = given ?? (await getTopicPosition({ topicId, config })).epoch;
  const publication = { topicId, epoch, offset };
  const interruption = onInterrupt();
  try {
    const status = await (wait
      ? untilComplete(publication, config, interruption)
      : look(publication, config));
    if (!status) return EXIT_CODES.interrupted;
    console.log(
      json ? printableJson({ ...publication, ...status }) : statusLines(publication, status).join("\n"),
    );
    return EXIT_CODES.done;
  } finally {
    interruption.dispose();
  }
}

const look = (publication: Publication, config: PubsubConfig): Promise<PublicationStatus> =>
  getPublicationStatus({ ...publication, config });

/** Resolves to undefined if the user interrupts it. */
async function untilComplete(
  publication: Publication,
  config: PubsubConfig,
  { signal }: Interruption,
): Promise<PublicationStatus | undefined> {
  const progress = createProgress();
  try {
    while (!signal.aborted) {
      const status = await look(publication, config);
      if (status.state === "complete") return status;
      progress.show(`${status.state}: ${status.delivered} delivered, ${status.retried} retried …`);
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
    return undefined;
  } finally {
    progress.clear();
  }
}

function statusLines({ topicId, epoch, offset }: Publication, status: PublicationStatus): string[] {
  const { state, delivered, gone, retried, abandoned, pages } = status;
  const colour = state === "complete" ? green : yellow;
  return [
    `${bold(`${printable(topicId)} #${offset}`)} of epoch ${printable(epoch)}: ${colour(state)}`,
    countLine(delivered, "delivered: the connection accepted the post"),
    countLine(gone, "gone: the connection did not exist any more"),
    countLine(retried, "posts were made again after a failed one"),
    abandoned > 0
      ? red(countLine(abandoned, "abandoned after the last attempt: see pubsub dlq list"))
      : countLine(abandoned, "abandoned"),
    countLine(pages, "pages of subscribers are done"),
  ];
}

const countLine = (count: number, text: string): string => `${String(count).padStart(8)}  ${text}`;
