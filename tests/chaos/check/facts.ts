import { CLOCK_STEPS, type Line, type LineOf } from "../lines.ts";

export interface LoggedEvent {
  topic: string;
  epoch: string;
  offset: number;
  m: string;
  id: string;
}

export interface Publication {
  topic: string;
  m: string;
  id?: string;
  /** When the first attempt began. */
  beganMs: number;
  /** The first accepted attempt. Absent if all were rejected or the producer ended before it got a result. */
  accepted?: { atMs: number; epoch: string; offset: number; duplicate: boolean };
  /** The positions that accepted attempts got. */
  places: Set<string>;
}

export interface Subscriber {
  who: string;
  topic: string;
  subscribedMs: number;
  epoch: string;
  offset: number;
  left: boolean;
}

/** A history, grouped by subject. */
export interface Facts {
  lines: readonly Line[];
  log: Map<string, LoggedEvent[]>;
  eventOf: Map<string, LoggedEvent>;
  publications: Map<string, Publication>;
  subscribers: Map<string, Subscriber>;
  /** The events that each subscriber received, in order. */
  received: Map<string, LineOf<"got">[]>;
  /** All posts by `who m`, including posts whose frame was not sent. */
  posts: Map<string, LineOf<"post">[]>;
  /** The parts that workers sent to the queue, by topic. */
  sent: Map<string, LineOf<"sent">[]>;
  /** Per process: when it ended, or when a fault hit it or one of its calls, and for how long that can have an effect. */
  mishaps: Map<string, { at: number; effect: "short" | "lasting" | "endless" }[]>;
  /** Per process: when its clock was changed. */
  clockSteps: Map<string, number[]>;
  /** Deliveries as `topic epoch#offset who`. */
  abandoned: Set<string>;
  /** Abandoned without a dead letter, because the consumer did not read. */
  unread: Set<string>;
  dead: Set<string>;
  redriven: Set<string>;
}

/** After one of these faults, a process continues its work late. */
const LASTING = /frozen|never|out of time/;

export const isClient = (who: string): boolean => who.startsWith("client");

/** Whether the part has this delivery. */
export const hasDelivery = (
  part: LineOf<"sent">,
  { topic, epoch, offset }: { topic: string; epoch: string; offset: number },
  who: string,
): boolean =>
  part.topic === topic && part.epoch === epoch && part.offsets.includes(offset) && part.to.includes(who);

export const placeOf = ({ epoch = "", offset = 0 }: { epoch?: string; offset?: number }): string =>
  `${epoch}#${offset}`;

export function gatherFacts(lines: readonly Line[]): Facts {
  const facts: Facts = {
    lines,
    log: new Map(),
    eventOf: new Map(),
    publications: new Map(),
    subscribers: new Map(),
    received: new Map(),
    posts: new Map(),
    sent: new Map(),
    mishaps: new Map(),
    clockSteps: new Map(),
    abandoned: new Set(),
    unread: new Set(),
    dead: new Set(),
    redriven: new Set(),
  };
  for (const line of lines) gather(facts, line);
  return facts;
}

function gather(facts: Facts, line: Line): void {
  switch (line.k) {
    case "begin":
    case "ok":
      gatherPublication(facts, line);
      break;
    case "event":
      gatherEvent(facts, line);
      break;
    case "subscribed": {
      const { who, topic, at: subscribedMs, epoch = "", offset = 0 } = line;
      facts.subscribers.set(who, { who, topic, subscribedMs, epoch, offset, left: false });
      break;
    }
    case "left": {
      const subscriber = facts.subscribers.get(line.who);
      if (subscriber) subscriber.left = true;
      break;
    }
    case "got":
      add(facts.received, line.who, line);
      break;
    case "post":
      for (const m of line.ms) add(facts.posts, `${line.who} ${m}`, line);
      break;
    case "sent":
      add(facts.sent, line.topic, line);
      break;
    case "hit":
    case "gone":
      gatherMishap(facts, line);
      break;
    case "abandoned":
    case "unread":
    case "dead":
    case "redriven":
      facts[line.k].add(`${line.topic} ${placeOf(line)} ${line.who}`);
  }
}

function gatherEvent(facts: Facts, line: LineOf<"event">): void {
  const { topic, epoch, offset, m = "", id = "" } = line;
  const logged = { topic, epoch, offset, m, id };
  add(facts.log, topic, logged);
  facts.eventOf.set(m, logged);
}

function gatherMishap({ mishaps, clockSteps }: Facts, line: LineOf<"hit" | "gone">): void {
  const { caller, at } = line;
  if (caller === undefined) return;
  // What the gateway reads from a process after its end was on its way before
  if (line.k === "gone") add(mishaps, caller, { at, effect: "endless" });
  else if (line.name === CLOCK_STEPS) add(clockSteps, caller, at);
  else add(mishaps, caller, { at, effect: LASTING.test(line.name) ? "lasting" : "short" });
}

function gatherPublication(facts: Facts, line: LineOf<"begin" | "ok" | "no">): void {
  const { topic, m, id, at, epoch = "", offset = 0, duplicate = false } = line;
  const known = facts.publications.get(m);
  const entry: Publication = known ?? {
    topic,
    m,
    ...(id !== undefined && { id }),
    beganMs: at,
    places: new Set(),
  };
  facts.publications.set(m, entry);
  if (line.k !== "ok") return;
  entry.places.add(placeOf(line));
  entry.accepted ??= { atMs: at, epoch, offset, duplicate };
}

function add<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
