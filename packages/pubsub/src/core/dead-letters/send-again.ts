import { errorMessage } from "../error-message.ts";
import type { FanoutMessage } from "../fanout/message.ts";
import type { FanoutQueue, Ports } from "../ports.ts";
import type { DeadLetters, LetterReceipt } from "./port.ts";
import { type Prepared, prepare } from "./prepare.ts";
import type { Fate } from "./redrive-result.ts";

/** A letter that the redrive sends again. */
export interface ChosenLetter {
  receipt: LetterReceipt;
  message: FanoutMessage;
}

export interface RedrivePorts extends Pick<Ports, "log" | "subscriptions" | "queue"> {
  deadLetters: DeadLetters;
}

type Refusals = Map<string, string>;
type Considered = Prepared | { outcome: "failed"; reason: string };

/**
 * Sends letters to the fan-out queue, and only then removes them. If it stops in between, a letter that was sent stays
 * in the queue. Sending it again is harmless, because its work is already done. Returns the fates in the order of the
 * letters.
 */
export async function sendAgain(
  ports: RedrivePorts,
  letters: readonly ChosenLetter[],
  dryRun: boolean,
): Promise<Fate[]> {
  const considered = await Promise.all(letters.map(({ message }) => consider(ports, message)));
  if (dryRun) return considered.map((each) => fateOf(each));
  const outgoing = letters.flatMap(({ receipt: { id } }, index) => {
    const each = considered[index];
    return each?.outcome === "ready" ? [{ id, body: each.body }] : [];
  });
  const unsent = await send(ports.queue, outgoing);
  const removable = letters.filter(({ receipt: { id } }, index) => {
    const outcome = considered[index]?.outcome;
    return outcome === "unsubscribed" || (outcome === "ready" && !unsent.has(id));
  });
  const unremoved = await remove(ports.deadLetters, removable);
  return letters.map(({ receipt: { id } }, index) => {
    return fateOf(considered[index] as Considered, unsent.get(id) ?? unremoved.get(id));
  });
}

const consider = (ports: RedrivePorts, message: FanoutMessage): Promise<Considered> =>
  prepare(ports, message).catch((error: unknown) => ({ outcome: "failed", reason: errorMessage(error) }));

function fateOf(considered: Considered, failure?: string): Fate {
  if (failure !== undefined) return { fate: "failed", reason: failure };
  if (considered.outcome === "failed") return { fate: "failed", reason: considered.reason };
  if (considered.outcome === "expired") return { fate: "expired" };
  const { dropped } = considered;
  if (considered.outcome === "unsubscribed") return { fate: "unsubscribed", consumers: 0, dropped };
  return { fate: "redriven", consumers: considered.consumers, dropped };
}

/** Sends all letters at once, or one by one if that fails. So it finds the letters that fail, and sends the others. */
async function send(queue: FanoutQueue, letters: readonly { id: string; body: string }[]): Promise<Refusals> {
  const [first, ...others] = letters;
  if (!first) return new Map();
  try {
    await queue.send(letters.map(({ body }) => ({ body, delaySeconds: 0 })));
    return new Map();
  } catch (error) {
    if (others.length === 0) return new Map([[first.id, errorMessage(error)]]);
  }
  const refusals: Refusals = new Map();
  for (const letter of letters) {
    for (const [id, reason] of await send(queue, [letter])) refusals.set(id, reason);
  }
  return refusals;
}

async function remove(deadLetters: DeadLetters, letters: readonly ChosenLetter[]): Promise<Refusals> {
  if (letters.length === 0) return new Map();
  try {
    const left = await deadLetters.remove(letters.map(({ receipt }) => receipt));
    return new Map(left.map(({ id, reason }) => [id, reason]));
  } catch (error) {
    return new Map(letters.map(({ receipt: { id } }) => [id, errorMessage(error)]));
  }
}
