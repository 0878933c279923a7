import type { Observe } from "../pipeline-events.ts";
import type { Clock } from "../ports.ts";
import { type DeadDelivery, openLetter } from "./dead-letter.ts";
import { createLineage, type Lineage } from "./lineage.ts";
import type { HeldLetter } from "./port.ts";
import { createLetterReader, type LetterReader } from "./reader.ts";
import { count, emptyResult, type Fate, type RedriveResult } from "./redrive-result.ts";
import { type ChosenLetter, type RedrivePorts, sendAgain } from "./send-again.ts";

export type DeadLetterFilter = (letter: DeadDelivery) => boolean | Promise<boolean>;

export interface RedriveOptions {
  filter: DeadLetterFilter;
  max: number;
  dryRun: boolean;
  onProgress(soFar: RedriveResult): void;
}

/** After this many failures in a row the redrive stops, because the other letters would probably fail too. */
const FAILURES_IN_A_ROW_MAX = 30;

/** Reads through the dead letters once, and sends the chosen ones to the fan-out queue. */
export async function redrive(
  ports: RedrivePorts & { clock: Clock; observe: Observe },
  options: RedriveOptions,
): Promise<RedriveResult> {
  const result = emptyResult();
  const reader = createLetterReader(ports);
  const lineage = createLineage();
  let left = options.max;
  let failuresInARow = 0;
  try {
    while (left > 0 && failuresInARow < FAILURES_IN_A_ROW_MAX) {
      const letters = await reader.next();
      if (letters.length === 0) break;
      const chosen = await choose(letters, { ...options, max: left, lineage }, result);
      left -= chosen.length;
      const fates = await sendAgain(ports, chosen, options.dryRun);
      for (const fate of fates) {
        count(result, fate);
        failuresInARow = fate.fate === "failed" ? failuresInARow + 1 : 0;
      }
      if (!options.dryRun) forgetRemoved(reader, chosen, fates);
      options.onProgress({ ...result });
    }
  } finally {
    await reader.close();
  }
  return result;
}

/** Chooses at most `max` letters to redrive. Counts those that it leaves in the queue. */
async function choose(
  letters: readonly HeldLetter[],
  { max, filter, lineage }: Pick<RedriveOptions, "max" | "filter"> & { lineage: Lineage },
  result: RedriveResult,
): Promise<ChosenLetter[]> {
  const chosen: ChosenLetter[] = [];
  for (const { id, receipt, ...held } of letters) {
    if (chosen.length >= max) break;
    const { letter, message } = openLetter({ id, receipt, ...held });
    if (letter.malformed || !message) count(result, { fate: "malformed" });
    else if (lineage.descends(message)) count(result, { fate: "returned" });
    else if (!(await filter(letter))) count(result, { fate: "skipped" });
    else {
      lineage.add(message);
      chosen.push({ receipt: { id, receipt }, message });
    }
  }
  return chosen;
}

function forgetRemoved(reader: LetterReader, letters: readonly ChosenLetter[], fates: readonly Fate[]): void {
  const removed = letters.filter((_, index) => {
    const fate = fates[index]?.fate;
    return fate === "redriven" || fate === "unsubscribed";
  });
  reader.forget(removed.map(({ receipt }) => receipt));
}
