import type { AppendRequest, Clock, EpochRecord, LogTail, TopicLog } from "../core/ports.ts";
import type { Position, StoredEvent } from "../core/types.ts";
import { utf8Length } from "../core/utf8.ts";

interface Row extends StoredEvent {
  epoch: string;
  expiresAtSeconds: number;
}

interface Topic {
  rows: Row[];
  record?: EpochRecord | undefined;
  publications: Map<string, { epoch: string; offset: number; expiresAtSeconds: number }>;
}

export interface MemoryTopicLog extends TopicLog {
  /** Returns every stored row of a topic, expired or not, for tests to inspect. */
  dump(topicId: string): readonly Row[];
  /** Removes expired rows, as DynamoDB's time to live does at some time. */
  sweep(): void;
}

export function createMemoryTopicLog(clock: Pick<Clock, "now">): MemoryTopicLog {
  const topics = new Map<string, Topic>();
  const nowSeconds = (): number => clock.now() / 1_000;
  const topicOf = (topicId: string): Topic => {
    const topic = topics.get(topicId) ?? { rows: [], publications: new Map() };
    topics.set(topicId, topic);
    return topic;
  };

  function write({ rows, publications }: Topic, request: AppendRequest): void {
    request.events.forEach(({ idempotent, ...event }, index) => {
      const { epoch } = request;
      const offset = request.offset + index;
      const { expiresAtSeconds, publicationId } = event;
      rows.push({ ...event, epoch, offset });
      if (idempotent) publications.set(publicationId, { epoch, offset, expiresAtSeconds });
    });
  }

  return {
    async tail(topicId, { after } = {}) {
      const { rows, record } = topicOf(topicId);
      const last = rows.reduce<Row | undefined>((a, b) => (a && comesAfter(a, b) ? a : b), undefined);
      if (after && !(last && comesAfter(last, after))) return {};
      const tail: LogTail = {};
      if (last) {
        const { epoch, offset, expiresAtSeconds, bytesSoFar } = last;
        tail.last = { epoch, offset, expiresAtSeconds, ...(bytesSoFar !== undefined && { bytesSoFar }) };
      }
      if (record) tail.record = record;
      return tail;
    },
    async append(request) {
      const topic = topicOf(request.topicId);
      if (isOwn(topic, request)) return { outcome: "appended" };
      const duplicates = request.events.flatMap(({ idempotent, publicationId }) => {
        const known = topic.publications.get(publicationId);
        const isDuplicate = idempotent && known && known.expiresAtSeconds > nowSeconds();
        return isDuplicate ? [{ publicationId, epoch: known.epoch, offset: known.offset }] : [];
      });
      if (duplicates.length > 0) return { outcome: "duplicate", duplicates };
      const taken = topic.rows.some(
        ({ epoch, offset }) =>
          epoch === request.epoch &&
          offset >= request.offset &&
          offset < request.offset + request.events.length,
      );
      if (taken || (request.opening && !same(topic.record, request.opening.replaces)))
        return { outcome: "conflict" };
      if (request.opening) {
        const expiresAtSeconds = Math.max(...request.events.map((event) => event.expiresAtSeconds));
        topic.record = { epoch: request.epoch, used: true, expiresAtSeconds };
      }
      write(topic, request);
      return { outcome: "appended" };
    },
    async openEpoch({ topicId, epoch, replaces }) {
      const topic = topicOf(topicId);
      if (!same(topic.record, replaces)) return false;
      topic.record = epoch;
      return true;
    },
    async *read({ topicId, epoch, after, limit = Number.POSITIVE_INFINITY }) {
      const live = topicOf(topicId)
        .rows.filter(
          (row) => row.epoch === epoch && row.offset > after && row.expiresAtSeconds > nowSeconds(),
        )
        .sort((a, b) => a.offset - b.offset);
      for (const { epoch: _, expiresAtSeconds: __, ...event } of live.slice(0, limit)) yield event;
    },
    async newest({ topicId, epoch: wanted, upTo = Number.MAX_SAFE_INTEGER, limit, maxBytes }) {
      const { rows } = topicOf(topicId);
      const epoch = wanted ?? rows.reduce<string | undefined>(laterEpoch, undefined);
      if (epoch === undefined) return { events: [], cut: false };
      const newestFirst = rows
        .filter((row) => row.epoch === epoch && row.offset <= upTo && row.expiresAtSeconds > nowSeconds())
        .sort((a, b) => b.offset - a.offset)
        .slice(0, Math.max(0, limit));
      const events: StoredEvent[] = [];
      let bytes = 0;
      for (const { epoch: _, expiresAtSeconds: __, ...event } of newestFirst) {
        bytes += utf8Length(event.json);
        if (bytes > (maxBytes ?? Number.POSITIVE_INFINITY)) break;
        events.unshift(event);
      }
      return { epoch, events, cut: events.length < newestFirst.length };
    },
    dump: (topicId) => topicOf(topicId).rows,
    sweep() {
      for (const topic of topics.values()) {
        topic.rows = topic.rows.filter(({ expiresAtSeconds }) => expiresAtSeconds > nowSeconds());
        if (topic.record && topic.record.expiresAtSeconds <= nowSeconds()) topic.record = undefined;
      }
    },
  };
}

/**
 * Returns whether this append was written before: all its events are stored at their offsets, and at least one of them
 * has an id that no other writer can have made.
 */
const isOwn = ({ rows }: Topic, { epoch, offset, events }: AppendRequest): boolean =>
  events.some(({ idempotent }) => !idempotent) &&
  events.every(({ publicationId }, index) =>
    rows.some(
      (row) => row.epoch === epoch && row.offset === offset + index && row.publicationId === publicationId,
    ),
  );

const laterEpoch = (latest: string | undefined, { epoch }: Row): string =>
  latest === undefined || epoch > latest ? epoch : latest;

const comesAfter = (a: Position, b: Position): boolean =>
  a.epoch === b.epoch ? a.offset > b.offset : a.epoch > b.epoch;

const same = (a: EpochRecord | undefined, b: EpochRecord | undefined): boolean =>
  a?.epoch === b?.epoch && a?.used === b?.used && a?.expiresAtSeconds === b?.expiresAtSeconds;
