import fc from "fast-check";
import { awkwardJson, awkwardText } from "./awkward.ts";
import { topicId } from "./frames.ts";
import { mangled } from "./mangled.ts";
import { mutated } from "./mutated.ts";

const token = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "stolen",
      "may-publish ",
      "May-Publish",
      "",
      "x".repeat(4_097),
      "forgets",
      "throws",
    ),
  },
  { weight: 1, arbitrary: fc.constant("may-publish") },
  { weight: 1, arbitrary: awkwardText },
);

const publish = fc.record(
  {
    action: fc.constant("PUBLISH"),
    topicId: fc.oneof(fc.constant("room-1"), topicId),
    data: awkwardJson,
    publicationId: fc.oneof(fc.constantFrom("p", "topic#room-1"), awkwardText),
    requestId: fc.constantFrom("r-1", "", "x".repeat(129)),
    nonce: fc.constantFrom("1-2-3-4", "short"),
    token,
  },
  { requiredKeys: ["action", "topicId", "data"] },
);

/** Valid messages of a client that may publish, which the mutations start from. */
const samples = [
  { topicId: "room-1", data: { text: "hello" }, requestId: "r-1", token: "may-publish" },
  { topicId: "room-1", data: [1, 2, 3], publicationId: "p-1", token: "may-publish" },
].map((fields) => JSON.stringify({ action: "PUBLISH", ...fields }));

const isPublish = (text: string): boolean => {
  try {
    const value = JSON.parse(text) as { action?: unknown } | null;
    return !["SUBSCRIBE", "UNSUBSCRIBE", "PING"].some((action) => action === value?.action);
  } catch {
    return true;
  }
};

/** Messages that publish, or try to. */
export const publishText: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 6, arbitrary: mangled(publish).map((frame) => String(JSON.stringify(frame))) },
    { weight: 3, arbitrary: mutated(samples) },
  )
  .filter(isPublish);
