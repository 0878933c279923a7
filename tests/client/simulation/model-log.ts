import type { Position } from "../../../packages/client/src/index.ts";

export interface LoggedEvent extends Position {
  publicationId: string;
  publishedAt: number;
  data: unknown;
}

/** A topic's log as docs/protocol.md describes it. For the checks it also keeps all events that it ever had. */
export interface ModelLog {
  readonly history: readonly LoggedEvent[];
  append(data: unknown, nowMs: number, publicationId?: string): LoggedEvent;
  /** Returns the log's position. Opens an epoch if the log has no epoch. */
  position(): Position;
  /** Returns the response to a SUBSCRIBE or PING with this position, and the events to replay. */
  recover(since: Position): { to: Position; recovered: boolean; replay: LoggedEvent[] };
  /** Returns the response to a SUBSCRIBE with `last`, and the events to replay. */
  newest(count: number): { to: Position; from: Position; truncated: boolean; replay: LoggedEvent[] };
  /** Expires this number of the oldest remaining events, but never the last one. */
  trim(count: number): void;
  /** Expires all events: the next event begins a new epoch. */
  expire(): void;
}

export function createModelLog(settings: { maxReplay: number; knowsEpochEnds: boolean }): ModelLog {
  const history: LoggedEvent[] = [];
  let epochs = 0;
  let epoch: string | undefined;
  let last = 0;
  /** The first offset of the epoch that has not expired. */
  let first = 1;

  function current(): string {
    if (epoch === undefined) {
      epoch = `epoch-${String(++epochs).padStart(4, "0")}`;
      last = 0;
      first = 1;
    }
    return epoch;
  }

  const position = (): Position => ({ epoch: current(), offset: last });

  return {
    history,
    position,
    append(data, nowMs, publicationId = `publication-${history.length + 1}`) {
      const event = {
        epoch: current(),
        offset: ++last,
        publicationId,
        publishedAt: nowMs,
        data,
      };
      history.push(event);
      return event;
    },
    recover(since) {
      const to = position();
      let after = since.offset;
      if (since.epoch !== to.epoch) {
        const followed = history.some(
          (event) =>
            event.epoch !== to.epoch &&
            (event.epoch > since.epoch || (event.epoch === since.epoch && event.offset > since.offset)),
        );
        const existed = history.some((event) => event.epoch === since.epoch && event.offset === since.offset);
        if (!settings.knowsEpochEnds || followed || !existed) return { to, recovered: false, replay: [] };
        after = 0;
      }
      const isThere =
        after === last || (after < last && after + 1 >= first && last - after <= settings.maxReplay);
      const replay = isThere
        ? history.filter((event) => event.epoch === to.epoch && event.offset > after)
        : [];
      return { to, recovered: isThere, replay };
    },
    newest(count) {
      const to = position();
      const wanted = Math.min(count, last - first + 1);
      const sent = Math.min(wanted, settings.maxReplay);
      const from = { epoch: to.epoch, offset: last - sent };
      const replay = history.filter(({ epoch: of, offset }) => of === to.epoch && offset > from.offset);
      return { to, from, truncated: sent < wanted, replay };
    },
    trim(count) {
      first = Math.min(first + count, Math.max(last, 1));
    },
    expire() {
      epoch = undefined;
    },
  };
}
