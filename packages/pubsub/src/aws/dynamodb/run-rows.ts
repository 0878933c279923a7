import { digest } from "../../core/fanout/digest.ts";
import type { RunCounts, RunLedger, RunResult } from "../../core/fanout/runs-port.ts";
import { stepUnit } from "../../core/fanout/units.ts";
import { EVENTS_PER_RUN_MAX } from "../../core/limits.ts";
import type { Clock, LedgerRow } from "../../core/ports.ts";
import type { Publication } from "../../core/types.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { type Item, number, readNumber, readText, text } from "./attributes.ts";
import { PutItemCommand } from "./commands.ts";
import { ledgerRunKey, ledgerRunsKey } from "./schema.ts";
import { type DynamodbTable, queryItems } from "./table.ts";

export interface RunRows extends RunLedger {
  /** Yields a row for each record of a run that contains this publication. Strongly consistent. */
  rowsOf(publication: Publication): AsyncIterable<LedgerRow>;
}

/**
 * The ledger's rows of runs: one row for all events that were posted together. A row is found by any of its offsets,
 * because it sorts by the last one, and the first is at most `EVENTS_PER_RUN_MAX` before it.
 */
export function createRunRows(
  table: DynamodbTable,
  { clock, expiresAt }: { clock: Pick<Clock, "now">; expiresAt: () => Item[string] },
): RunRows {
  const { client, tableName: TableName } = table;

  const rowsAround = (topicId: string, epoch: string, first: number, last: number) => ({
    KeyConditionExpression: "p = :p AND u BETWEEN :from AND :to",
    ExpressionAttributeValues: {
      ":p": text(ledgerRunsKey(topicId, epoch)),
      ":from": text(ledgerRunKey(first)),
      ":to": text(ledgerRunKey(last + EVENTS_PER_RUN_MAX)),
    },
  });

  return {
    async settleRun({ topicId, epoch, results }) {
      const puts = inSpans(results, ({ offset }) => offset).map((span) => {
        const offsets = span.map(({ offset }) => offset);
        const name = digest(offsets.map(String));
        const key = { p: text(ledgerRunsKey(topicId, epoch)), u: text(ledgerRunKey(last(offsets), name)) };
        const Item = {
          ...key,
          results: text(encodeResults(span)),
          doneAtMs: number(clock.now()),
          expiresAt: expiresAt(),
        };
        return guarded("PutItem", () => client.send(new PutItemCommand({ TableName, Item })));
      });
      await Promise.all(puts);
    },
    async doneInRuns({ topicId, epoch, offsets }) {
      const done = new Set<number>();
      const reads = inSpans(offsets, (offset) => offset).map(async (span) => {
        const query = rowsAround(topicId, epoch, span[0] ?? 0, last(span));
        for await (const item of queryItems(table, query))
          for (const { offset } of decodeResults(item)) done.add(offset);
      });
      await Promise.all(reads);
      return offsets.filter((offset) => done.has(offset));
    },
    async *rowsOf({ topicId, epoch, offset: wanted }) {
      const query = { ...rowsAround(topicId, epoch, wanted, wanted), ConsistentRead: true };
      for await (const item of queryItems(table, query)) {
        const doneAtMs = readNumber(item, "doneAtMs");
        for (const { offset, ...counts } of decodeResults(item)) {
          if (offset !== wanted) continue;
          const row = { row: "done", unit: stepUnit(1), ...counts, lastStep: true } as const;
          yield doneAtMs === undefined ? row : { ...row, doneAtMs };
        }
      }
    },
  };
}

const last = (offsets: readonly number[]): number => offsets.at(-1) ?? 0;

/** Cuts a list that ascends by offset, so that the offsets of each piece are less than `EVENTS_PER_RUN_MAX` apart. */
function inSpans<Entry>(entries: readonly Entry[], offsetOf: (entry: Entry) => number): Entry[][] {
  const spans: Entry[][] = [];
  let from = 0;
  for (const entry of entries) {
    const span = spans.at(-1);
    if (span && offsetOf(entry) - from < EVENTS_PER_RUN_MAX) span.push(entry);
    else {
      from = offsetOf(entry);
      spans.push([entry]);
    }
  }
  return spans;
}

/** In the order in which a row has them. */
const COUNTS = [
  "consumers",
  "delivered",
  "gone",
  "retried",
  "handedOn",
] as const satisfies (keyof RunCounts)[];

/**
 * Encodes the results as `{first}-{last}:{counts}` for each range of offsets with the same counts, so that a row of 40
 * events takes one write unit: `5-8:2,2,0,0,0 9-9:2,1,0,3,1`.
 */
function encodeResults(results: readonly RunResult[]): string {
  const ranges: { from: number; to: number; counts: string }[] = [];
  for (const result of results) {
    const counts = COUNTS.map((name) => result[name]).join(",");
    const range = ranges.at(-1);
    if (range?.to === result.offset - 1 && range.counts === counts) range.to = result.offset;
    else ranges.push({ from: result.offset, to: result.offset, counts });
  }
  return ranges.map(({ from, to, counts }) => `${from}-${to}:${counts}`).join(" ");
}

/** Returns no result of a row that this version cannot read. */
function decodeResults(item: Item): RunResult[] {
  const ranges = (readText(item, "results") ?? "").split(" ").map((range) => {
    const [, ...digits] = /^(\d{1,16})-(\d{1,16}):(\d+),(\d+),(\d+),(\d+),(\d+)$/.exec(range) ?? [];
    return digits.map(Number);
  });
  return ranges.flatMap(([from = 0, to = -1, ...counts]) => {
    const length = to - from + 1;
    if (!(length > 0 && length <= EVENTS_PER_RUN_MAX)) return [];
    const [consumers = 0, delivered = 0, gone = 0, retried = 0, handedOn = 0] = counts;
    const result = { consumers, delivered, gone, retried, handedOn };
    return Array.from({ length }, (_, index) => ({ offset: from + index, ...result }));
  });
}
