import {
  countDeadLetters,
  type DeadLetter,
  listDeadLetters,
  type PubsubConfig,
} from "lambda-websocket-pubsub";
import { printableJson } from "../printable.ts";
import type { Choice } from "./choice.ts";
import { LIST_HEADER, listLine, withoutPayload } from "./letter-text.ts";
import { matches } from "./matches.ts";

/** Prints each letter when it is read, or all letters as one object. It counts their consumers and does not name them. */
export async function list(config: PubsubConfig, choice: Choice, json: boolean): Promise<void> {
  const { max = Number.POSITIVE_INFINITY } = choice;
  const listed: Record<string, unknown>[] = [];
  let letters = 0;
  let others = 0;
  for await (const letter of listDeadLetters({ config })) {
    if (!matches(letter, choice)) {
      others += 1;
      continue;
    }
    if (json) listed.push(counted(letter));
    else console.log(letters === 0 ? `${LIST_HEADER}\n${listLine(letter)}` : listLine(letter));
    letters += 1;
    if (letters >= max) break;
  }
  if (json) console.log(printableJson({ letters: listed }));
  if (json || letters > 0) return;
  const { held } = await countDeadLetters({ config });
  console.log(others > 0 ? `No matching dead letters, but ${others} others.` : "No dead letters.");
  if (held > 0) console.log(`Another reader holds about ${held}: look again in 20 seconds.`);
}

const counted = (letter: DeadLetter): Record<string, unknown> => ({
  ...withoutPayload(letter),
  ...(!letter.malformed && { consumers: letter.consumers.length }),
});
