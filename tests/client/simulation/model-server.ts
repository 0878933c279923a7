import type { Position } from "../../../packages/client/src/index.ts";
import type { Chance, Faults } from "./faults.ts";
import { createModelLog, type LoggedEvent, type ModelLog } from "./model-log.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The server's end of a connection. */
export interface ServerConnection {
  isOpen: boolean;
  /** As the client's messages have it. */
  nonce?: string;
  /** A post. Its 200 does not say whether the message arrives. */
  post(text: string): void;
}

/** What the server sent to a client about a topic, on any connection, also if it did not arrive. */
export interface PositionSent {
  topicId: string;
  asked: Position | undefined;
  to: Position;
  recovered: boolean;
}

/** The response to a SUBSCRIBE with `last`. */
export interface HistorySent {
  topicId: string;
  last: number;
  from: Position;
  to: Position;
  truncated: boolean;
}

interface Row {
  /** When the index shows it. */
  visibleAtMs: number;
  latest: boolean;
  /** As the index has it. */
  seenAsLatest: boolean;
}

/** An event, and the connection whose response was its event already. */
interface FannedOut {
  event: LoggedEvent;
  echo?: ServerConnection | undefined;
}

interface ModelTopic {
  log: ModelLog;
  rows: Map<ServerConnection, Row>;
  notFannedOut: FannedOut[];
  /** By publication id. */
  published: Map<string, LoggedEvent>;
}

interface ClientFrame {
  action: "SUBSCRIBE" | "UNSUBSCRIBE" | "PING" | "PUBLISH";
  requestId: string;
  nonce: string;
  topicId: string;
  since?: Position;
  last?: number;
  latest?: true;
  positions?: Record<string, Position>;
  data?: unknown;
  publicationId?: string;
}

/** The websocket handler, the fan-out and the log, in the worst behaviour that docs/protocol.md allows. */
export interface ModelServer {
  readonly positionsSent: readonly PositionSent[];
  readonly historySent: readonly HistorySent[];
  log(topicId: string): ModelLog;
  receive(connection: ServerConnection, text: string): void;
  disconnected(connection: ServerConnection): void;
  publish(topicId: string, count: number): void;
  /** Removes a subscription of this connection, as a 410 does when the connection is not established yet. */
  forgetRow(connection: ServerConnection): void;
}

export interface ModelServerSettings {
  time: VirtualTime;
  chance: Chance;
  faults: () => Faults;
  maxReplay: number;
  knowsEpochEnds: boolean;
}

const EVENTS_PER_FRAME = 4;

export function createModelServer(settings: ModelServerSettings): ModelServer {
  const { time, chance, faults } = settings;
  const topics = new Map<string, ModelTopic>();
  const positionsSent: PositionSent[] = [];
  const historySent: HistorySent[] = [];
  let publications = 0;

  function topicOf(topicId: string): ModelTopic {
    const topic = topics.get(topicId) ?? {
      log: createModelLog(settings),
      rows: new Map(),
      notFannedOut: [],
      published: new Map(),
    };
    topics.set(topicId, topic);
    return topic;
  }

  /** Each step of a handler takes time, and the handlers of one connection run concurrently. */
  const later = (step: () => void): void => time.after(chance.delayMs(faults().handlerDelayMs), step);

  function receive(connection: ServerConnection, text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    connection.nonce = frame.nonce;
    if (chance.happens(faults().swallowedFrame)) return;
    later(() => {
      if (chance.happens(faults().serverError)) return fail(connection, frame);
      if (frame.action === "SUBSCRIBE") subscribe(connection, frame);
      else if (frame.action === "PUBLISH") publishFrame(connection, frame);
      else if (frame.action === "UNSUBSCRIBE") {
        topicOf(frame.topicId).rows.delete(connection);
        later(() => answer(connection, { type: "UNSUBSCRIBED", ...pick(frame) }));
      } else ping(connection, frame);
    });
  }

  const pick = ({ requestId, topicId }: ClientFrame): { requestId: string; topicId: string } => {
    return { requestId, topicId };
  };

  const answer = (connection: ServerConnection, frame: object): void =>
    connection.post(JSON.stringify({ ...frame, nonce: connection.nonce }));

  function fail(connection: ServerConnection, { requestId }: ClientFrame): void {
    const code = chance.happens(0.5) ? "INTERNAL" : "STORAGE_FAILED";
    answer(connection, { type: "ERROR", requestId, code, message: "try again later" });
  }

  function subscribe(connection: ServerConnection, frame: ClientFrame): void {
    const { topicId, since, last, latest = false } = frame;
    const { log } = topicOf(topicId);
    writeRow(connection, topicId, latest);
    later(() => {
      if (chance.happens(faults().serverError)) return fail(connection, frame);
      const history = last && !since ? log.newest(last) : undefined;
      const fresh = history ?? { to: log.position(), replay: [] };
      const { to, recovered, replay } = since ? log.recover(since) : { recovered: true, ...fresh };
      positionsSent.push({ topicId, asked: since, to, recovered });
      if (last && history) historySent.push({ topicId, last, ...history });
      post(connection, topicId, latest ? replay.slice(-1) : replay);
      const { from, truncated } = history ?? {};
      const says = { recovered, from, truncated: truncated || undefined };
      later(() => answer(connection, { type: "SUBSCRIBED", ...pick(frame), ...to, ...says }));
    });
  }

  /** A row that existed already stays in the index as it is, until the index catches up. */
  function writeRow(connection: ServerConnection, topicId: string, latest: boolean): void {
    const { rows } = topicOf(topicId);
    const visibleAtMs = time.now() + chance.delayMs(faults().indexLagMs);
    const row = rows.get(connection) ?? { visibleAtMs, latest, seenAsLatest: latest };
    row.latest = latest;
    time.after(visibleAtMs - time.now(), () => {
      row.seenAsLatest = row.latest;
    });
    if (connection.isOpen || chance.happens(faults().lostDisconnect)) rows.set(connection, row);
  }

  function publishFrame(connection: ServerConnection, frame: ClientFrame): void {
    const { topicId, data, publicationId = "" } = frame;
    const { log, published } = topicOf(topicId);
    const known = published.get(publicationId);
    const event = known ?? log.append(data, time.now(), publicationId);
    published.set(publicationId, event);
    if (chance.happens(faults().fanoutNotQueued)) {
      fail(connection, frame);
      return;
    }
    fanOutLater(topicId, { event, echo: known ? undefined : connection });
    const { epoch, offset } = event;
    const answered = { type: "PUBLISHED", ...pick(frame), publicationId, epoch, offset };
    later(() => answer(connection, { ...answered, duplicate: known !== undefined }));
  }

  function ping(connection: ServerConnection, { requestId, positions = {} }: ClientFrame): void {
    const answers = Object.entries(positions).map(([topicId, asked]) => {
      const { log, rows } = topicOf(topicId);
      const row = rows.get(connection);
      if (!row) return [topicId, { subscribed: false }];
      const { to, recovered, replay } = log.recover(asked);
      positionsSent.push({ topicId, asked, to, recovered });
      post(connection, topicId, row.latest ? replay.slice(-1) : replay);
      return [topicId, { ...to, recovered }];
    });
    later(() => answer(connection, { type: "PONG", requestId, positions: Object.fromEntries(answers) }));
  }

  /** Splits events into runs of consecutive offsets, one EVENTS frame for each run. */
  function post(connection: ServerConnection, topicId: string, events: readonly LoggedEvent[]): void {
    let frame: LoggedEvent[] = [];
    const flush = (): void => {
      const [{ epoch } = { epoch: "" }] = frame;
      if (frame.length > 0) answer(connection, { type: "EVENTS", topicId, epoch, events: frame.map(onWire) });
      frame = [];
    };
    for (const event of events) {
      if (frame.length >= EVENTS_PER_FRAME || (frame[0] && frame[0].epoch !== event.epoch)) flush();
      frame.push(event);
    }
    flush();
  }

  function fanOut(topicId: string, published: readonly FannedOut[]): void {
    if (chance.happens(faults().lostFanout)) return;
    const { rows } = topicOf(topicId);
    for (const [connection, { visibleAtMs, seenAsLatest }] of rows) {
      if (visibleAtMs > time.now()) continue;
      const events = published.flatMap(({ event, echo }) => (echo === connection ? [] : [event]));
      if (!connection.isOpen)
        rows.delete(connection); // 410
      else if (events.length > 0) post(connection, topicId, seenAsLatest ? events.slice(-1) : events);
    }
  }

  function fanOutLater(topicId: string, single: FannedOut): void {
    const { notFannedOut } = topicOf(topicId);
    const delayMs = chance.delayMs(faults().fanoutDelayMs);
    if (chance.happens(0.5)) time.after(delayMs, () => fanOut(topicId, [single]));
    else {
      notFannedOut.push(single);
      time.after(delayMs, () => fanOut(topicId, notFannedOut.splice(0)));
    }
    if (chance.happens(faults().repeatedFanout)) {
      time.after(chance.delayMs(10 * faults().fanoutDelayMs), () => fanOut(topicId, [single]));
    }
  }

  return {
    positionsSent,
    historySent,
    log: (topicId) => topicOf(topicId).log,
    receive,
    disconnected(connection) {
      if (chance.happens(faults().lostDisconnect)) return;
      later(() => {
        for (const { rows } of topics.values()) rows.delete(connection);
      });
    },
    publish(topicId, count) {
      for (let published = 0; published < count; published++) {
        const event = topicOf(topicId).log.append({ publication: ++publications }, time.now());
        fanOutLater(topicId, { event });
      }
    },
    forgetRow(connection) {
      const subscribed = [...topics.values()].filter(({ rows }) => rows.has(connection));
      subscribed[Math.floor(chance.random() * subscribed.length)]?.rows.delete(connection);
    },
  };
}

function onWire({ offset, publicationId, publishedAt, data }: LoggedEvent): object {
  return { offset, publicationId, publishedAt, data };
}
