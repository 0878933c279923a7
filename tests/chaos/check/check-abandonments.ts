import { type Facts, placeOf } from "./facts.ts";
import type { Violation } from "./violation.ts";

/**
 * Every abandoned delivery must be in the ledger and in a dead letter, because an operator can look at either. If a
 * worker ends between the two writes, the unit is repeated. If that reaches the consumer, only the ledger has the
 * abandonment.
 */
export function checkAbandonments(facts: Facts): Violation[] {
  const { abandoned, dead, redriven } = facts;
  const settled = new Set([...redriven, ...findReached(facts)]);
  return [
    ...findOnlyIn(
      [...abandoned].filter((key) => !settled.has(key)),
      dead,
      "the ledger",
      "a dead letter",
    ),
    ...findOnlyIn(dead, abandoned, "a dead letter", "the ledger"),
  ];
}

/** Yields the abandoned deliveries that the subscriber received, or that are not owed because it left. */
function* findReached({ abandoned, subscribers, received, eventOf }: Facts): Generator<string> {
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

function* findOnlyIn(
  these: Iterable<string>,
  those: ReadonlySet<string>,
  place: string,
  otherPlace: string,
): Generator<Violation> {
  for (const key of these) {
    if (those.has(key)) continue;
    const [topic = "", position = "", who = ""] = key.split(" ");
    const found = `${position} is abandoned in ${place}, but not in ${otherPlace}`;
    yield { promise: "abandonment", topic, who, found };
  }
}
