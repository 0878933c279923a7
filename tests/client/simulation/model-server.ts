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

interface ModelTopic {
  log: ModelLog;
  /** The rows, each with the moment at which the index shows it. */
  rows: Map<ServerConnection, number>;
  notFannedOut: LoggedEvent[];
}

interface ClientFrame {
  action: "SUBSCRIBE" | "UNSUBSCRIBE" | "PING";
  requestId: string;
  nonce: string;
  topicId: string;
  since?: Position;
  positions?: Record<string, Position>;
}

/** The websocket handler, the fan-out and the log, in the worst behaviour that docs/protocol.md allows. */
export interface ModelServer {
  readonly positionsSent: readonly PositionSent[];
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
  let publications = 0;

  function topicOf(topicId: string): ModelTopic {
    const topic = topics.get(topicId) ?? {
      log: createModelLog(settings),
      rows: new Map(),
      notFannedOut: [],
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
    const { log, rows } = topicOf(frame.topicId);
    // A row that existed already stays in the index
    const visibleAtMs = rows.get(connection) ?? time.now() + chance.delayMs(faults().indexLagMs);
    if (connection.isOpen || chance.happens(faults().lostDisconnect)) rows.set(connection, visibleAtMs);
    later(() => {
      if (chance.happens(faults().serverError)) return fail(connection, frame);
      const { since } = frame;
      const { to, recovered, replay } = since
        ? log.recover(since)
        : { to: log.position(), recovered: true, replay: [] };
      positionsSent.push({ topicId: frame.topicId, asked: since, to, recovered });
      post(connection, frame.topicId, replay);
      later(() => answer(connection, { type: "SUBSCRIBED", ...pick(frame), ...to, recovered }));
    });
  }

  function ping(connection: ServerConnection, { requestId, positions = {} }: ClientFrame): void {
    const answers = Object.entries(positions).map(([topicId, asked]) => {
      const { log, rows } = topicOf(topicId);
      if (!rows.has(connection)) return [topicId, { subscribed: false }];
      const { to, recovered, replay } = log.recover(asked);
      positionsSent.push({ topicId, asked, to, recovered });
      post(connection, topicId, replay);
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

  function fanOut(topicId: string, events: readonly LoggedEvent[]): void {
    if (chance.happens(faults().lostFanout)) return;
    const { rows } = topicOf(topicId);
    for (const [connection, visibleAtMs] of rows) {
      if (visibleAtMs > time.now()) continue;
      if (connection.isOpen) post(connection, topicId, events);
      else rows.delete(connection); // 410
    }
  }

  return {
    positionsSent,
    log: (topicId) => topicOf(topicId).log,
    receive,
    disconnected(connection) {
      if (chance.happens(faults().lostDisconnect)) return;
      later(() => {
        for (const { rows } of topics.values()) rows.delete(connection);
      });
    },
    publish(topicId, count) {
      const topic = topicOf(topicId);
      for (let published = 0; published < count; published++) {
        topic.notFannedOut.push(topic.log.append({ publication: ++publications }, time.now()));
        const flush = (): void => fanOut(topicId, topic.notFannedOut.splice(0));
        const single = topic.notFannedOut.at(-1);
        const delayMs = chance.delayMs(faults().fanoutDelayMs);
        if (chance.happens(0.5) && single) {
          topic.notFannedOut.pop();
          time.after(delayMs, () => fanOut(topicId, [single]));
        } else time.after(delayMs, flush);
        if (chance.happens(faults().repeatedFanout) && single) {
          time.after(chance.delayMs(10 * faults().fanoutDelayMs), () => fanOut(topicId, [single]));
        }
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
