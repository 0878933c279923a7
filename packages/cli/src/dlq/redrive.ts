import {
  countDeadLetters,
  type PubsubConfig,
  type RedriveResult,
  redriveDeadLetters,
} from "lambda-websocket-pubsub";
import { printable, printableJson } from "../printable.ts";
import { createProgress } from "../terminal/progress.ts";
import type { Choice } from "./choice.ts";
import { matches } from "./matches.ts";

/** Redrives the letters and prints the result. Returns whether no letter failed. */
export async function redrive(
  config: PubsubConfig,
  { dryRun, ...choice }: Choice & { dryRun: boolean },
  json: boolean,
): Promise<boolean> {
  const { visible, held } = await countDeadLetters({ config });
  const progress = createProgress();
  const result = await redriveDeadLetters({
    config,
    filter: (letter) => matches(letter, choice),
    max: choice.max,
    dryRun,
    onProgress: ({ found }) =>
      progress.show(`${dryRun ? "looking at" : "redriving"} ${found} of about ${visible} letters …`),
  }).finally(() => progress.clear());
  if (json) console.log(printableJson(result));
  else console.log(resultLines(result, { dryRun, heldElsewhere: held }).join("\n"));
  return result.failed === 0;
}

function resultLines(
  result: RedriveResult,
  { dryRun, heldElsewhere }: { dryRun: boolean; heldElsewhere: number },
): string[] {
  const { found, redriven, unsubscribed, skipped, returned, malformed, expired, failed } = result;
  const { consumers, dropped, reasons } = result;
  const did = dryRun ? "would be redriven" : "redriven";
  const removed = dryRun ? "would be removed" : "removed";
  const lines: [number, string][] = [
    [unsubscribed, `${removed}: none of their consumers is subscribed any more`],
    [skipped, "left: not chosen by --topic and --code"],
    [returned, "left: this redrive failed for them too, so the cause is not removed"],
    [malformed, "left: they cannot be decoded"],
    [expired, "left: their events are not in the log any more"],
    [failed, `left: ${reasons.map(printable).join("; ")}`],
    [dropped, "consumers dropped: not subscribed any more"],
    [heldElsewhere, "letters, about, are held by another reader: run it again in 20 seconds"],
  ];
  return [
    countLine(found, "letters found"),
    countLine(redriven, `${did}, to ${consumers} consumers`),
    ...lines.filter(([count]) => count > 0).map(([count, text]) => countLine(count, text)),
  ];
}

const countLine = (count: number, text: string): string => `${String(count).padStart(8)}  ${text}`;
