/**
 * A topic that grows while it is written and read: writers, growers and dispatchers with the library's own code for
 * DynamoDB, each with its own caches and with a clock that is up to 30 s off, over a table whose index lags by up to a minute.
 */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { consumerKey } from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import type { Clock, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import type { Subscription } from "../../../packages/pubsub/src/core/types.ts";
import { createVirtualClock, type VirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { consumerOf } from "../samples.ts";
import type { Command, Item } from "./memory-dynamodb.ts";
import { createMemoryIndex, type MemoryIndex } from "./memory-index.ts";

export const TOPIC = "hot";
const START_MS = 1_700_000_000_000;
const SKEW_MS = 30_000;
const LAG_MS = 60_000;

export interface GrowthPlan {
  seed: number;
  /** New rows of the run. */
  rows: number;
  writers: number;
  dispatches: number;
  rowsPerShard: number;
  /** Pages of at least so many rows look for the marker in the table. */
  lookRows: number;
  /** How many rows a writer writes before it waits. */
  burst: number;
  pageMax: number;
  /** The longest time that a dispatcher waits between two pages. */
  pauseMs: number;
  /** A write of the marker takes effect so long after its process has read its clock, or up to twice as long. */
  lateMs: number;
}

export interface GrowthResult {
  written: number;
  /** Rows that the pages of all dispatches returned. */
  read: number;
  /** Rows that the index showed before a publication and that were not removed, of all dispatches. */
  due: number;
  missed: number;
  twice: number;
  shards: number;
  errors: unknown[];
}

export async function simulateGrowth(plan: GrowthPlan): Promise<GrowthResult> {
  const clock = createVirtualClock({ seed: plan.seed, startMs: START_MS });
  const { random } = clock;
  // Most subscriptions are in the index at once, and the marker as late as it can be
  const table = createMemoryIndex(
    () => clock.now(),
    (item) => {
      const chance = random();
      if (item.shards !== undefined) return chance < 0.6 ? LAG_MS - 1 : chance * LAG_MS;
      return chance < 0.6 ? 0 : random() ** 3 * LAG_MS;
    },
  );
  const result: GrowthResult = { written: 0, read: 0, due: 0, missed: 0, twice: 0, shards: 1, errors: [] };
  const processOf = (): Subscriptions => createProcess(clock, table, plan, result.errors);
  const processes = Array.from({ length: plan.writers }, processOf);
  const writers = processes.map((own) => write(clock, { plan, own, table, result }));
  const growers: Promise<unknown>[] = [];
  // In groups: whatever is wrong shows in the minutes after a dispatch that made the topic grow
  const groups = Array.from({ length: Math.ceil(plan.dispatches / GROUP) }, () => random() * LASTS_MS);
  const dispatches = Array.from({ length: plan.dispatches }, async (_, nth) => {
    await clock.sleep((groups[Math.floor(nth / GROUP)] ?? 0) + random() * (GROUP_MS + 2 * plan.lateMs));
    await dispatch(clock, { plan, processOf, table, result, growers });
  });
  await clock.run(Promise.all([...writers, ...dispatches]));
  await clock.run(Promise.all(growers));
  result.shards = table.indexKeys().length;
  return result;
}

interface Actor {
  plan: GrowthPlan;
  table: MemoryIndex;
  result: GrowthResult;
}

/** So many dispatches begin within this time. */
const GROUP = 6;
const GROUP_MS = 200_000;

/** How long the writers take, about: time for several growths. */
const LASTS_MS = 1_200_000;

/** A process with a clock and caches of its own. Some calls take effect long after it has read its clock. */
function createProcess(
  clock: VirtualClock,
  table: MemoryIndex,
  { rowsPerShard, lookRows, lateMs }: GrowthPlan,
  errors: unknown[],
): Subscriptions {
  const chance = clock.random();
  // Many are as far off as they can be
  const offMs = (chance < 0.3 ? -1 : chance < 0.6 ? 1 : chance * 2 - 1) * SKEW_MS;
  const own: Clock = { ...clock, now: () => Math.round(clock.now() + offMs) };
  const client = {
    async send(command: Command) {
      const { Item: item } = command.input as { Item?: Item };
      if (item?.shards !== undefined) await clock.sleep((1 + clock.random()) * lateMs);
      else if (clock.random() < 0.002) await clock.sleep(clock.random() * 20_000);
      return table.call(command);
    },
  } as unknown as DynamoDBClient;
  const observe = (event: object): void => void errors.push(event);
  return createDynamodbSubscriptions({ client, tableName: "t" }, own, { observe, rowsPerShard, lookRows });
}

/** Writes new rows, and now and then one that is there: again, which renews it, or not any more. */
async function write(
  clock: VirtualClock,
  { plan, own, table, result }: Actor & { own: Subscriptions },
): Promise<void> {
  const meanMs = (LASTS_MS * plan.writers * plan.burst) / plan.rows;
  while (result.written < plan.rows) {
    for (let n = 0; n < plan.burst && result.written < plan.rows; n++) {
      const id = String(result.written++);
      await own.put(rowOf(id, clock.now()));
      const chance = clock.random();
      if (chance > 0.1) continue;
      const other = rowOf(String(Math.floor(clock.random() * result.written)), clock.now());
      if (chance < 0.02) await own.take(other);
      else if (chance < 0.03 || table.removals(consumerKey(other.consumer)) === 0) await own.put(other);
    }
    await clock.sleep(clock.random() * 2 * meanMs);
  }
}

const rowOf = (id: string, subscribedAt: number): Subscription => ({
  consumer: consumerOf(id),
  topicId: TOPIC,
  format: "event",
  subscribedAt,
});

/** Reads all pages, with processes that die after a page and hand over its cursor, and compares what they returned. */
async function dispatch(
  clock: VirtualClock,
  {
    plan,
    processOf,
    table,
    result,
    growers,
  }: Actor & { processOf(): Subscriptions; growers: Promise<unknown>[] },
): Promise<void> {
  const publishedAtMs = clock.now();
  const limit = 1 + Math.floor(clock.random() * plan.pageMax);
  const seen = new Map<string, number>();
  let own = processOf();
  let rows = 0;
  let cursor: string | undefined;
  for (;;) {
    const page = await own.page({ topicId: TOPIC, cursor, limit });
    rows += page.subscriptions.length + page.malformed;
    if (page.malformed > 0) result.errors.push(`${page.malformed} malformed`);
    growers.push(
      Promise.resolve(own.noteSize?.({ topicId: TOPIC, rows })).catch((e) => result.errors.push(e)),
    );
    if (clock.random() < 0.5) await clock.sleep(clock.random() * plan.pauseMs);
    if (clock.random() < 0.15) {
      // It died before the page was recorded: another one reads it again
      own = processOf();
      if (clock.random() < 0.5) continue;
    }
    for (const { consumer } of page.subscriptions) {
      const key = consumerKey(consumer);
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    result.read += page.subscriptions.length;
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  compare(table, { publishedAtMs, seen, result });
}

function compare(
  table: MemoryIndex,
  { publishedAtMs, seen, result }: { publishedAtMs: number; seen: Map<string, number>; result: GrowthResult },
): void {
  for (const { item, visibleAtMs } of table.rows.values()) {
    const p = item.p?.S ?? "";
    // A row that was removed and written again is another row
    if (item.shards !== undefined || table.removals(p) > 0) continue;
    const times = seen.get(p) ?? 0;
    if (times > 1) result.twice += 1;
    // In the same millisecond it may have been written after the publication
    if (visibleAtMs >= publishedAtMs) continue;
    result.due += 1;
    if (times === 0) result.missed += 1;
  }
}
