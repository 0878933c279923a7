import type { Observe } from "../pipeline-events.ts";
import type { Clock } from "../ports.ts";
import { type DeadLetter, openLetter } from "./dead-letter.ts";
import type { DeadLetters } from "./port.ts";
import { createLetterReader } from "./reader.ts";

/** Yields each dead letter once. Gives all of them back at the end, also after an error or if the caller stops early. */
export async function* listLetters(
  ports: { deadLetters: DeadLetters; clock: Clock; observe: Observe },
  max: number,
): AsyncGenerator<DeadLetter> {
  const reader = createLetterReader(ports);
  let left = max;
  try {
    while (left > 0) {
      const letters = await reader.next();
      if (letters.length === 0) return;
      for (const letter of letters.slice(0, left)) {
        left -= 1;
        yield openLetter(letter).letter;
      }
    }
  } finally {
    await reader.close();
  }
}
