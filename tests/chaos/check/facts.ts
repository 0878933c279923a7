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
  /** Of the first try. */
  beganMs: number;
  /** Of the first that was accepted; absent: rejected, or nobody lived to know. */
  accepted?: { atMs: number; epoch: string; offset: number; duplicate: boolean };
  /** Where accepted tries were told it stands. */
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

/** A history, sorted by what it speaks of. */
export interface Facts {
  lines: readonly Line[];
  log: Map<string, LoggedEvent[]>;
  eventOf: Map<string, LoggedEvent>;
  publications: Map<string, Publication>;
  subscribers: Map<string, Subscriber>;
  /** By subscriber: what it received, in order. */
  received: Map<string, LineOf<"got">[]>;
  /** By `who m`: all posts, whether or not the frame was sent. */
  posts: Map<string, LineOf<"post">[]>;
  /** By whose they are: when a process ended, or something hit it or a call of it, and whether it then stood still. */
  mishaps: Map<string, { at: number; isLasting: boolean }[]>;
  /** By whose they are: when a process's clock was set. */
  clockSteps: Map<string, number[]>;
  /** By `topic epoch offset who`. */
  abandoned: Set<string>;
  dead: Set<string>;
  redriven: Set<string>;
}

/** Work that was begun when one of these came goes on, late, when it is over. */
const LASTING = /frozen|never|out of time/;

export const isClient = (who: string): boolean => who.startsWith("client");

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
    mishaps: new Map(),
    clockSteps: new Map(),
    abandoned: new Set(),
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
      publication(facts, line);
      break;
    case "event":
      event(facts, line);
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
    case "hit":
    case "gone":
      mishap(facts, line);
      break;
    case "abandoned":
    case "dead":
    case "redriven":
      facts[line.k].add(`${line.topic} ${placeOf(line)} ${line.who}`);
  }
}

function event(facts: Facts, line: LineOf<"event">): void {
  const { topic, epoch, offset, m = "", id = "" } = line;
  const logged = { topic, epoch, offset, m, id };
  add(facts.log, topic, logged);
  facts.eventOf.set(m, logged);
}

function mishap({ mishaps, clockSteps }: Facts, line: LineOf<"hit" | "gone">): void {
  const { caller, at } = line;
  if (caller === undefined) return;
  const name = line.k === "hit" ? line.name : "";
  if (name === CLOCK_STEPS) add(clockSteps, caller, at);
  else add(mishaps, caller, { at, isLasting: LASTING.test(name) });
}

function publication(facts: Facts, line: LineOf<"begin" | "ok" | "no">): void {
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
