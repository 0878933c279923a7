import type { Facts } from "./facts.ts";
import type { Violation } from "./violation.ts";

/** Whoever was given up on is named by the ledger and by a dead letter: who is on call looks at either. */
export function checkAbandonments({ abandoned, dead, redriven }: Facts): Violation[] {
  return [
    // Redriven ones have arrived, or are dead again
    ...only(
      [...abandoned].filter((key) => !redriven.has(key)),
      dead,
      "the ledger",
      "no dead letter",
    ),
    ...only(dead, abandoned, "a dead letter", "the ledger does not"),
  ];
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
