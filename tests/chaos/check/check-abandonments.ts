import { type Facts, placeOf } from "./facts.ts";
import type { Violation } from "./violation.ts";

/**
 * Whoever was given up on is named by the ledger and by a dead letter: who is on call looks at either. A worker that
 * ended between the two has the unit done again; if that reaches the consumer, the ledger alone goes on to say so.
 */
export function checkAbandonments(facts: Facts): Violation[] {
  const { abandoned, dead, redriven } = facts;
  const settled = new Set([...redriven, ...reached(facts)]);
  return [
    ...only(
      [...abandoned].filter((key) => !settled.has(key)),
      dead,
      "the ledger",
      "no dead letter",
    ),
    ...only(dead, abandoned, "a dead letter", "the ledger does not"),
  ];
}

/** What was received, and what is owed to nobody since its consumer left. */
function* reached({ abandoned, subscribers, received, eventOf }: Facts): Generator<string> {
  const arrived = new Set<string>();
  for (const [who, lines] of received) {
    for (const { m } of lines) {
      const event = eventOf.get(m);
      if (event) arrived.add(`${event.topic} ${placeOf(event)} ${who}`);
    }
  }
  for (const key of abandoned) {
    const who = key.slice(key.lastIndexOf(" ") + 1);
    if (arrived.has(key) || subscribers.get(who)?.left) yield key;
  }
}

function* only(
  these: Iterable<string>,
  those: ReadonlySet<string>,
  says: string,
  denies: string,
): Generator<Violation> {
  for (const key of these) {
    if (those.has(key)) continue;
    const [topic = "", place = "", who = ""] = key.split(" ");
    yield { promise: "abandonment", topic, who, found: `${place} is abandoned, ${says} says; ${denies}` };
  }
}
