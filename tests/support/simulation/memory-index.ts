/**
 * A table in memory with the calls that subscriptions make, whose index shows each write later. Every call takes effect at
 * one moment. It keeps what the tests ask about a row beside it: since when the index shows it, and whether it was removed.
 */
import { type AttributeValue, ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { hash53 } from "../../../packages/pubsub/src/core/fanout/digest.ts";
import type { Command, Item } from "./memory-dynamodb.ts";

export interface Row {
  item: Item;
  /** Its place under its key of the index. */
  order: number;
  visibleAtMs: number;
  goneAtMs: number;
}

export interface MemoryIndex {
  call(command: Command): object;
  /** The rows that are there, by their keys. */
  rows: ReadonlyMap<string, Row>;
  /** The keys of the index that have a row. */
  indexKeys(): readonly string[];
  /** How often a row with this key was removed. */
  removals(p: string): number;
}

interface Input {
  Key: Item;
  Item: Item;
  IndexName?: string;
  UpdateExpression: string;
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues: Item;
  ExclusiveStartKey?: Item;
  Limit?: number;
}

/** The rows of one key of the index: those that it shows, in its order, and those that it will show. */
interface Shard {
  shown: Row[];
  coming: Row[];
}

export function createMemoryIndex(nowMs: () => number, lagMs: (item: Item) => number): MemoryIndex {
  const rows = new Map<string, Row>();
  const shards = new Map<string, Shard>();
  const removals = new Map<string, number>();

  function index(row: Row): void {
    const p2 = row.item.p2?.S ?? "";
    const shard = shards.get(p2) ?? { shown: [], coming: [] };
    shard.coming.push(row);
    shards.set(p2, shard);
  }

  function write(item: Item): void {
    const key = keyOf(item);
    const there = rows.get(key);
    if (there && there.item.p2?.S === item.p2?.S) {
      there.item = item;
      return;
    }
    // Under another key of the index it is another row there
    if (there) there.goneAtMs = nowMs() + lagMs(item);
    const row = {
      item,
      order: hash53(key),
      visibleAtMs: there ? there.visibleAtMs : nowMs() + lagMs(item),
      goneAtMs: Number.POSITIVE_INFINITY,
    };
    rows.set(key, row);
    index(there ? { ...row, visibleAtMs: nowMs() + lagMs(item) } : row);
  }

  function update(input: Input): object {
    const there = rows.get(keyOf(input.Key));
    assertHolds(input, there?.item);
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values } = input;
    const { sets, removes } = parsed(input.UpdateExpression);
    const item: Item = there ? { ...there.item } : { p: input.Key.p ?? NONE, u: input.Key.u ?? NONE };
    for (const { name, value, onlyNew } of sets) {
      const attribute = names[name] ?? name;
      const given = values[value];
      if (given && !(onlyNew && item[attribute])) item[attribute] = given;
    }
    if (there) for (const name of removes) delete item[names[name] ?? name];
    write(item);
    return there ? { Attributes: there.item } : {};
  }

  function remove(key: string): object {
    const there = rows.get(key);
    if (!there) return {};
    rows.delete(key);
    there.goneAtMs = nowMs() + lagMs(there.item);
    const p = there.item.p?.S ?? "";
    removals.set(p, (removals.get(p) ?? 0) + 1);
    return { Attributes: there.item };
  }

  function queryIndex({ ExpressionAttributeValues, ExclusiveStartKey: from, Limit = 1_000 }: Input): object {
    const shard = shards.get(ExpressionAttributeValues[":topic"]?.S ?? "");
    if (!shard) return { Items: [] };
    show(shard, nowMs());
    const after = from ? hash53(keyOf(from)) : Number.NEGATIVE_INFINITY;
    const Items: Item[] = [];
    for (let at = firstAfter(shard.shown, after); at < shard.shown.length; at++) {
      const row = shard.shown[at];
      if (!row || row.goneAtMs <= nowMs()) continue;
      Items.push(row.item);
      if (Items.length === Limit) return { Items, LastEvaluatedKey: row.item };
    }
    return { Items };
  }

  return {
    rows,
    indexKeys: () => [...shards.keys()],
    removals: (p) => removals.get(p) ?? 0,
    call({ constructor: { name }, input: given }) {
      const input = given as Input;
      if (name === "UpdateItemCommand") return update(input);
      if (name === "DeleteItemCommand") return remove(keyOf(input.Key));
      if (name === "PutItemCommand") {
        assertHolds(input, rows.get(keyOf(input.Item))?.item);
        write(input.Item);
        return {};
      }
      if (name !== "QueryCommand") throw new Error(`subscriptions do not make this call: ${name}`);
      if (input.IndexName !== undefined) return queryIndex(input);
      const { ":p": p, ":u": u } = input.ExpressionAttributeValues;
      const row = p && u && rows.get(keyOf({ p, u }));
      return { Items: row ? [row.item] : [] };
    },
  };
}

const NONE: AttributeValue = { NULL: true };

const keyOf = ({ p, u }: Item): string => `${p?.S}\n${u?.S}`;

/** Merges the rows that have become visible into the order of the index. */
function show(shard: Shard, nowMs: number): void {
  const due = shard.coming.filter(({ visibleAtMs }) => visibleAtMs <= nowMs);
  if (due.length === 0) return;
  shard.coming = shard.coming.filter(({ visibleAtMs }) => visibleAtMs > nowMs);
  due.sort((a, b) => a.order - b.order);
  const merged: Row[] = [];
  let next = 0;
  for (const row of shard.shown) {
    if (row.goneAtMs <= nowMs) continue;
    for (let other = due[next]; other && other.order < row.order; other = due[++next]) merged.push(other);
    merged.push(row);
  }
  shard.shown = merged.concat(due.slice(next));
}

function firstAfter(rows: readonly Row[], order: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.order ?? 0) > order) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Update {
  sets: { name: string; value: string; onlyNew: boolean }[];
  removes: string[];
}

const updates = new Map<string, Update>();

function parsed(expression: string): Update {
  const known = updates.get(expression);
  if (known) return known;
  const [, set = "", remove = ""] = /^SET (.*?)(?: REMOVE (.*))?$/.exec(expression) ?? [];
  const sets = set.split(/, (?!:)/).map((text) => {
    const [, name = "", value = ""] = /^(\S+) = (?:if_not_exists\(\S+ )?(:\w+)\)?$/.exec(text) ?? [];
    if (value === "") throw new Error(`not a known update: ${text}`);
    return { name, value, onlyNew: text.includes("if_not_exists") };
  });
  const update = { sets, removes: remove === "" ? [] : remove.split(", ") };
  updates.set(expression, update);
  return update;
}

function assertHolds(input: Input, there: Item | undefined): void {
  const { ConditionExpression: condition, ExpressionAttributeValues: values = {} } = input;
  if (condition === undefined) return;
  const holds = condition.split(" AND ").every((term) => {
    const [, missing] = /^attribute_not_exists\((\w+)\)$/.exec(term) ?? [];
    if (missing !== undefined) return there?.[missing] === undefined;
    const [, name = "", value = ""] = /^(\S+) = (:\w+)$/.exec(term) ?? [];
    const is: AttributeValue | undefined = there?.[input.ExpressionAttributeNames?.[name] ?? name];
    return is !== undefined && JSON.stringify(is) === JSON.stringify(values[value]);
  });
  if (!holds) throw new ConditionalCheckFailedException({ $metadata: {}, message: "the condition failed" });
}
