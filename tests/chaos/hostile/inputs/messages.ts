import fc from "fast-check";
import { corpus } from "../corpus.ts";
import { awkwardText, SECRET } from "./awkward.ts";
import { topicId } from "./frames.ts";
import { mangled } from "./mangled.ts";
import { mutated } from "./mutated.ts";

const countUpTo = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);
const offsets = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom([1], [1], [2], [3, 4], [7, 9], [2 ** 53 - 1]) },
  { weight: 1, arbitrary: fc.constantFrom(countUpTo(40), countUpTo(41), [2, 1], [1, 1]) },
);
const data = fc.oneof(awkwardText, fc.jsonValue({ maxDepth: 2 }), fc.constant({ text: SECRET }));

const run = fc
  .tuple(topicId, fc.constantFrom("0mwtlex2q", "000000000", "zzzzzzzzz"), offsets, fc.boolean(), data)
  .map(([topic, epoch, at, inline, content]) => {
    const text = { json: JSON.stringify(content), verbatim: typeof content === "string" };
    const events = at.map((offset) => ({
      offset,
      publicationId: `p-${offset}`,
      publishedAt: 1,
      ...text,
    }));
    return { v: 1, topicId: topic, epoch, offsets: at, ...(inline && { events }) };
  });
const echoes = fc.option(
  fc.array(
    fc.tuple(fc.constantFrom(1, 2, 3, 9), awkwardOr("a.example"), fc.constant("$default"), awkwardOr("a=")),
    { maxLength: 2 },
  ),
  { nil: undefined },
);
const cursor = fc.constantFrom(
  undefined,
  undefined,
  "consumer#a/b/c",
  "consumer#a/b/d",
  "",
  "x".repeat(3_000),
);
const page = fc
  .tuple(run, fc.integer({ min: 1, max: 9 }), cursor, echoes)
  .map(([fields, number, after, some]) => ({
    ...fields,
    kind: "page",
    page: number,
    cursor: after,
    echoes: some,
  }));

const connection = fc.tuple(awkwardOr("L0SM9cOFvHcCIhw="), fc.constantFrom("data", "event"), fc.constant(0));
const nonces = fc.option(
  fc.array(fc.oneof(fc.constantFrom("", "1-2-3-4", "x".repeat(64), '1-2-3-4"}'), awkwardText), {
    maxLength: 3,
  }),
  { nil: undefined },
);
const redelivery = fc
  .tuple(
    run,
    fc.array(connection, { minLength: 1, maxLength: 3 }),
    awkwardOr("a.example"),
    fc.integer({ min: 0, max: 9 }),
    fc.option(fc.array(fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 3, maxLength: 5 })), {
      nil: undefined,
    }),
    nonces,
    fc.option(fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 }), { nil: undefined }),
  )
  .map(([fields, connections, domainName, attempt, abandoned, some, latest]) => ({
    ...fields,
    kind: "redelivery",
    unit: "000001/04fzyo82mvy",
    attempt,
    endpoints: [
      {
        domainName,
        stage: "$default",
        connections: connections.map((one) => [...one, fields.offsets[0]]),
        abandoned,
        latest,
        // As long as the connections in most inputs: another length is always invalid
        nonces: some && (some.length > 0 ? connections.map((_, index) => some[index % some.length]) : some),
      },
    ],
  }));

function awkwardOr(usual: string): fc.Arbitrary<string> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: awkwardText });
}

export const fanoutMessage: fc.Arbitrary<unknown> = fc.oneof(page, redelivery);

const recorded = corpus.sqsEvents.flatMap(({ Records }) => Records.map(({ body }) => body));

/** Valid and invalid messages of the fan-out queue. */
export const messageText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: mangled(fanoutMessage).map((message) => String(JSON.stringify(message))) },
  { weight: 4, arbitrary: mutated(recorded) },
  { weight: 1, arbitrary: awkwardText },
);
