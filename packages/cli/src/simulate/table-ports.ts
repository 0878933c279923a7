import {
  type Clock,
  type FanoutLedger,
  ledgerKey,
  type Subscriptions,
  type TopicLog,
  topicKey,
} from "../../../pubsub/src/simulation/index.ts";
import { indexOf, ROW_BYTES, subscriptionAt } from "./audience.ts";
import { MODEL } from "./model.ts";
import type { TableModel, UnitKind } from "./table-model.ts";

const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;
/** The names and keys of an event's row, in addition to its data. */
const EVENT_ROW_BYTES = 200;
const PLANNED_PART_BYTES = 30;

const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
/** Of an eventually consistent read. */
const halfReadUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) / 2;

/** A topic log that takes the units and the time of the calls that the DynamoDB adapter makes. */
export function tableLog(log: TopicLog, { call }: TableModel): TopicLog {
  const use = (topicId: string, kind: UnitKind, units: number): Promise<void> =>
    call({ key: topicKey(topicId), of: "log", kind, units });
  return {
    async tail(topicId, options) {
      await use(topicId, "read", options?.mayLag ? 0.5 : 1);
      return log.tail(topicId, options);
    },
    async append(request) {
      const { events, opening } = request;
      const rows = events.map(({ json }) => writeUnits(EVENT_ROW_BYTES + json.length));
      const records = events.filter(({ idempotent }) => idempotent).length + (opening ? 1 : 0);
      const isTransaction = events.length > 1 || opening !== undefined;
      const units = rows.reduce((sum, row) => sum + row, 0) + records;
      await use(request.topicId, "write", isTransaction ? 2 * units : units);
      return log.append(request);
    },
    async openEpoch(request) {
      await use(request.topicId, "write", 1);
      return log.openEpoch(request);
    },
    async newest(request) {
      await use(request.topicId, "read", 1);
      return log.newest(request);
    },
    async *read(request) {
      await use(request.topicId, "read", 1);
      yield* log.read(request);
    },
  };
}

export function tableLedger(ledger: FanoutLedger, { call }: TableModel): FanoutLedger {
  const use = (
    { topicId, epoch, offset }: { topicId: string; epoch: string; offset: number },
    kind: UnitKind,
    units = 1,
  ): Promise<void> => call({ key: ledgerKey(topicId, epoch, offset), of: "ledger", kind, units });
  return {
    async claim(request) {
      await use(request.publication, "write");
      return ledger.claim(request);
    },
    async plan(request) {
      await use(request.publication, "write", writeUnits(request.plan.parts.length * PLANNED_PART_BYTES));
      return ledger.plan(request);
    },
    async settle(request) {
      await use(request.publication, "write");
      return ledger.settle(request);
    },
    async settleRun(request) {
      await use({ ...request, offset: 0 }, "write");
      return ledger.settleRun(request);
    },
    async doneInRuns(request) {
      await use({ ...request, offset: 0 }, "read", 0.5);
      return ledger.doneInRuns(request);
    },
    async abandon(request) {
      const bytes = request.abandonment.consumers.length * ROW_BYTES;
      await use(request.publication, "write", writeUnits(bytes));
      return ledger.abandon(request);
    },
    async *rows(publication) {
      await use(publication, "read");
      yield* ledger.rows(publication);
    },
  };
}

export interface IndexOptions {
  subscribers: number;
  /** Row n is in shard n modulo this. A page reads a piece of each shard, all of them at once. */
  shards: number;
}

/**
 * Subscriptions whose rows are made when a page is read. The rest of the port is `others`: a fan-out without
 * disconnected consumers only reads the index.
 */
export function tableSubscriptions(
  others: Subscriptions,
  { call }: TableModel,
  clock: Clock,
  { subscribers, shards }: IndexOptions,
): Subscriptions {
  const subscribedAt = clock.now() - 600_000;
  const rowsPerPage = shards * Math.floor(MODEL.queryBytes.value / ROW_BYTES);

  async function query(topicId: string, shard: number, rows: number): Promise<void> {
    const bytes = rows * ROW_BYTES;
    const key = `${topicKey(topicId)} ${shard}`;
    await call({ key, of: "index", kind: "read", units: halfReadUnits(bytes), queried: bytes });
  }

  return {
    ...others,
    async page({ topicId, cursor, limit }) {
      const from = cursor === undefined ? 0 : Number(cursor) + 1;
      const to = Math.min(subscribers, from + Math.min(limit, rowsPerPage));
      const rows = to - from;
      // One row more shows whether another page follows
      const each = Math.ceil((rows + 1) / shards);
      await Promise.all(Array.from({ length: shards }, (_, shard) => query(topicId, shard, each)));
      const subscriptions = Array.from({ length: rows }, (_, nth) =>
        subscriptionAt(from + nth, subscribedAt),
      );
      return { subscriptions, malformed: 0, ...(to < subscribers && { cursor: String(to - 1) }) };
    },
    async replaceAbandonments({ consumer, topicId }) {
      const key = `${topicKey(topicId)} ${indexOf(consumer) % shards}`;
      await call({ key, of: "index", kind: "write", units: 2 });
      return true;
    },
  };
}
