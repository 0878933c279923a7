import fc from "fast-check";
import { corpus } from "../corpus.ts";
import { awkwardJson, awkwardText } from "./awkward.ts";
import { mangled } from "./mangled.ts";
import { mutated } from "./mutated.ts";

export const topicId: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("room-1", "room-2", "__proto__", "a#b/c", "👋") },
  { weight: 1, arbitrary: awkwardText },
);
const epoch = fc.constantFrom("0mwtlex2q", "000000000", "zzzzzzzzz", "a#b", "e");
const position = fc.record({ epoch, offset: fc.constantFrom(0, 1, 3, 2 ** 53 - 1, 2 ** 53, -1) });
const requestId = fc.option(fc.constantFrom("r-1", "x".repeat(128), "x".repeat(129)), { nil: undefined });
const nonce = fc.option(
  fc.oneof(
    fc.constantFrom("1-2-3-4", "12345-54321-0-65535", "x".repeat(64), "x".repeat(65), "short", '1-2-3-4"}'),
    awkwardText,
  ),
  { nil: undefined },
);

const clientFrame = fc.oneof(
  fc.record(
    {
      action: fc.constant("SUBSCRIBE"),
      topicId,
      requestId,
      nonce,
      format: fc.constantFrom("data", "event"),
      since: position,
      last: fc.constantFrom(0, 1, 50, 1_000, 1_001, 1.5),
      latest: fc.constantFrom<unknown>(true, false, 1),
      token: fc.constantFrom("", "a.b.c", "x".repeat(4_096), "x".repeat(4_097)),
    },
    { requiredKeys: ["action", "topicId"] },
  ),
  fc.record(
    { action: fc.constant("UNSUBSCRIBE"), topicId, requestId, nonce },
    { requiredKeys: ["action", "topicId"] },
  ),
  fc.record(
    {
      action: fc.constant("PUBLISH"),
      topicId,
      data: awkwardJson,
      publicationId: topicId,
      requestId,
      nonce,
      token: fc.constantFrom("", "a.b.c", "x".repeat(4_097)),
    },
    { requiredKeys: ["action", "topicId", "data"] },
  ),
  fc.record(
    {
      action: fc.constant("PING"),
      requestId,
      nonce,
      positions: fc.dictionary(topicId, position, { maxKeys: 4 }),
    },
    { requiredKeys: ["action"] },
  ),
);

const recorded = corpus.events.flatMap(({ body }) => body ?? []);

/** Valid and invalid messages of a client. */
export const frameText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: mangled(clientFrame).map((frame) => String(JSON.stringify(frame))) },
  { weight: 4, arbitrary: mutated(recorded) },
  { weight: 1, arbitrary: awkwardText },
);
