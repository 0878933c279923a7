/** Generates ids that could break out of their key, and all items that can have these ids. */
import fc from "fast-check";
import {
  consumerKey,
  EPOCH_RECORD_KEY,
  eventKey,
  ledgerAbandonedKey,
  ledgerKey,
  ledgerPageKey,
  publicationKey,
  SPENDING_KEY,
  spendingKey,
  topicKey,
} from "../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { isUnit } from "../../packages/pubsub/src/core/fanout/units.ts";
import { idProblem } from "../../packages/pubsub/src/core/ids.ts";
import { nextEpoch } from "../../packages/pubsub/src/core/log/epoch.ts";
import type { Consumer } from "../../packages/pubsub/src/core/types.ts";

/** Text that keys consist of, and text that could break out of a key. */
const piece = fc.constantFrom(
  ...["topic#", "event#", "publication#", "epoch", "fanout#", "consumer#", "page#", "abandoned#", "event$"],
  ...["#", "/", "//", "$default", "0", "a", "0000000000000001", "0m1c2d3e4", "__proto__", "constructor", " "],
  ...[
    "\u0000",
    "\u0001",
    "\n",
    "\u007f",
    "\u009f",
    "\ud800",
    "\udc00",
    "\u{1f4a1}",
    "\ufffd",
    "\u00e9",
    "e\u0301",
  ],
);

/** Any text made of these pieces, also longer than an id's 512 bytes, with characters of 1 to 4 bytes each. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc
    .tuple(
      fc.constantFrom("a", "#", "\u00e9", "\u8a9e", "\u{1f4a1}"),
      fc.integer({ min: 120, max: 520 }),
      piece,
    )
    .map(([character, count, end]) => character.repeat(count) + end),
);
export const id: fc.Arbitrary<string> = text.filter((value) => idProblem("id", value) === undefined);
const part = id.filter((value) => !value.includes("/"));
export const epoch: fc.Arbitrary<string> = fc.nat().map((ms) => nextEpoch(ms, undefined));
export const offset: fc.Arbitrary<number> = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
export const unit: fc.Arbitrary<string> = fc
  .oneof(text, fc.constantFrom("000001", "000002", "000001/0", "000001/0/dead", "000010/3/1"))
  .filter(isUnit);
export const consumer: fc.Arbitrary<Consumer> = fc.record({
  domainName: part,
  stage: part,
  connectionId: id,
});

const some = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.uniqueArray(values, { minLength: 1, maxLength: 2 });

/** A few values of each kind. `everyItem` combines them. */
export interface World {
  ids: string[];
  epochs: string[];
  offsets: number[];
  units: string[];
  consumers: Consumer[];
}

export const worlds: fc.Arbitrary<World> = fc.record({
  ids: some(id),
  epochs: some(epoch),
  offsets: some(offset),
  units: some(unit),
  consumers: some(consumer),
});

/** Returns ids that look like other ids, or like other ids with the text that follows them in a key. */
function lookalikes({ ids, epochs, offsets }: World): string[] {
  const alike = ids.flatMap((each) => [
    ...[each, each.normalize("NFC"), each.normalize("NFD"), each.toUpperCase(), each.trim(), `${each} `],
    ...epochs.flatMap((inEpoch) =>
      offsets.map((at) => `${each}${eventKey(inEpoch, at).replace("event", "")}`),
    ),
    ...[topicKey(each), publicationKey(each), `${each}#`, `${each}/`],
  ]);
  return [...new Set(alike)].filter((each) => idProblem("id", each) === undefined);
}

/** Returns consumers with the same texts, divided in other ways. */
function neighbours(consumers: Consumer[]): Consumer[] {
  const all = consumers.flatMap(({ domainName, stage, connectionId }) => [
    { domainName, stage, connectionId },
    { domainName: stage, stage: domainName, connectionId },
    { domainName, stage, connectionId: `${stage}/${connectionId}` },
    { domainName, stage, connectionId: `/${connectionId}` },
    { domainName: `${domainName}#`, stage, connectionId },
  ]);
  const good = all.filter((each) =>
    Object.values(each).every((value) => idProblem("id", value) === undefined),
  );
  return [...new Map(good.map((each) => [JSON.stringify(each), each])).values()];
}

export type Key = [p: string, u: string];

/** Returns every item of every kind that can exist in this world. */
export function everyItem(world: World): Key[] {
  const ids = lookalikes(world);
  const publications = world.epochs.flatMap((inEpoch) =>
    world.offsets.map((at): [string, number] => [inEpoch, at]),
  );
  const spending = neighbours(world.consumers).map((who): Key => [spendingKey(who), SPENDING_KEY.all]);
  const ofTopics = ids.flatMap((topicId): Key[] => [
    [topicKey(topicId), EPOCH_RECORD_KEY],
    ...neighbours(world.consumers).map((who): Key => [consumerKey(who), topicKey(topicId)]),
    ...ids.map((publicationId): Key => [topicKey(topicId), publicationKey(publicationId)]),
    ...publications.flatMap(([inEpoch, at]): Key[] => [
      [topicKey(topicId), eventKey(inEpoch, at)],
      ...world.units.flatMap((name): Key[] => [
        [ledgerKey(topicId, inEpoch, at), ledgerPageKey(name)],
        [ledgerKey(topicId, inEpoch, at), ledgerAbandonedKey(name)],
      ]),
    ]),
  ]);
  return [...spending, ...ofTopics];
}
