import { SingleBar } from "cli-progress";
import {
  countDeadLetters,
  type PubsubConfig,
  type RedriveResult,
  redriveDeadLetters,
} from "lambda-websocket-pubsub";
import { printable, printableJson } from "../packages/cli/src/printable.ts";
import { matches } from "./matches.ts";
import type { Choice } from "./options.ts";

/** Redrives the letters and prints the result. Returns whether no letter failed. */
export async function redrive(
  config: PubsubConfig,
  { dryRun, ...choice }: Choice & { dryRun: boolean },
  json: boolean,
): Promise<boolean> {
  const { visible, held } = await countDeadLetters({ config });
  const bar = progress(visible);
  const result = await redriveDeadLetters({
    config,
    filter: (letter) => matches(letter, choice),
    max: choice.max,
    dryRun,
    onProgress: ({ found }) => bar.update(found),
  }).finally(() => bar.stop());
  if (json) console.log(printableJson(result));
  else console.log(resultLines(result, { dryRun, heldElsewhere: held }).join("\n"));
  return result.failed === 0;
}

/** Draws on standard error if that is a terminal, and draws nothing in a pipe. */
function progress(total: number): SingleBar {
  const format = "redriving  {bar} {value}/{total} {eta_formatted} left";
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  bar.start(total, 0);
  return bar;
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
