/** Invariants that must hold after a run has ended. They check its records. */
import { expect } from "vitest";
import { consumerId } from "../../../packages/pubsub/src/core/consumer.ts";
import {
  type PublicationStatus,
  publicationStatus,
} from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { Consumer, Position } from "../../../packages/pubsub/src/core/types.ts";
import { collect } from "../../support/samples.ts";
import { isBehind, type SubscriberRecord, TOPIC } from "../../support/simulation/records.ts";
import type { Outcome } from "../../support/simulation/simulate.ts";

const nameOf = ({ epoch, offset }: Position): string => `${epoch}#${offset}`;

export function offsetsAreContiguous({ log }: Outcome): void {
  const epochs = new Map<string, number[]>();
  for (const { epoch, offset } of log.dump(TOPIC)) epochs.set(epoch, [...(epochs.get(epoch) ?? []), offset]);
  for (const offsets of epochs.values()) {
    expect(offsets.toSorted((a, b) => a - b)).toEqual(offsets.map((_, index) => index + 1));
  }
}

/** An idempotent publication is one event, for any number of attempts and processes. */
export function idempotentPublicationsAreOneEvent({ log, published }: Outcome): void {
  for (const { publicationId, result } of published) {
    const events = log.dump(TOPIC).filter((row) => row.publicationId === result.publicationId);
    expect(events.map(nameOf)).toEqual([nameOf(result)]);
    if (publicationId !== undefined) expect(result.publicationId).toBe(publicationId);
  }
}

/** A publication that began after another one resolved has a later position, unless it repeats an earlier one. */
export function positionsFollowTime({ published }: Outcome): void {
  const fresh = published.filter(({ result }) => !result.duplicate);
  for (const later of fresh) {
    for (const earlier of published) {
      if (earlier.resolvedStep >= later.beganStep || earlier.marker === later.marker) continue;
      expect(isBehind(later.result, earlier.result), `${later.marker} behind ${earlier.marker}`).toBe(true);
    }
  }
}

/** Every event was posted to every subscriber at least once, or is recorded as abandoned. */
export function everySubscriberIsReached(outcome: Outcome): void {
  const arrivals = arrivalsOf(outcome);
  const given = new Set(
    outcome.abandoned.flatMap(({ position, consumers }) =>
      consumers.map((consumer) => `${consumerId(consumer)} ${nameOf(position)}`),
    ),
  );
  const lost: string[] = [];
  for (const { marker, result } of outcome.published) {
    for (const { consumer } of owed(outcome, result)) {
      const reached = arrivals.has(`${consumerId(consumer)} ${marker}`);
      if (!reached && !given.has(`${consumerId(consumer)} ${nameOf(result)}`)) {
        lost.push(`${consumerId(consumer)} lost ${marker}`);
      }
    }
  }
  expect(lost).toEqual([]);
}

/**
 * A consumer that takes EVENTS messages may be posted an event twice only if two messages asked for it, or a message and
 * its publisher: then two workers can do the only step of a topic at once, because it has no claim. One that takes bare
 * data must not.
 */
export function nobodyIsPostedTwice(outcome: Outcome): void {
  const isDropped = dropsOf(outcome);
  expect(repeats(outcome).filter((repeat) => !isDropped(repeat))).toEqual([]);
}

/** Without a fault, nobody is posted an event twice. */
export function nothingIsRepeated(outcome: Outcome): void {
  expect(repeats(outcome)).toEqual([]);
}

const repeats = (outcome: Outcome): { consumer: string; marker: string }[] =>
  [...arrivalsOf(outcome)].flatMap(([key, times]) => {
    const [consumer = "", ...marker] = key.split(" ");
    return times > 1 ? [{ consumer, marker: marker.join(" ") }] : [];
  });

/** Where the event with each marker is. */
const positionsOf = ({ log }: Outcome): Map<string, string> =>
  new Map(log.dump(TOPIC).map((row) => [markerOf(row.json), nameOf(row)]));

/** Publishers post as the invocation 0. */
const PUBLISHER = 0;

/** Returns whether a consumer drops this repeat, and two messages, or a message and the publisher, explain it. */
function dropsOf(outcome: Outcome): (repeat: { consumer: string; marker: string }) => boolean {
  const { subscribers, posts, queued } = outcome;
  const droppers = new Set(
    subscribers.filter(({ format }) => format === "event").map(({ consumer }) => consumerId(consumer)),
  );
  const positions = positionsOf(outcome);
  const inline = new Set(
    posts.flatMap(({ invocation, markers }) => (invocation === PUBLISHER ? markers : [])),
  );
  return ({ consumer, marker }) => {
    const asked = (queued.get(positions.get(marker) ?? "unknown") ?? 0) + Number(inline.has(marker));
    return droppers.has(consumer) && asked > 1;
  };
}

/**
 * A consumer receives an event twice only if an invocation was killed while it posted that event to the consumer: it had
 * claimed the work and not settled it, or had no claim and recorded no run. A consumer of EVENTS messages also if the event
 * was asked for twice.
 */
export function repeatsComeFromCuts(outcome: Outcome): void {
  const positions = positionsOf(outcome);
  const keyOf = ({ invocation, position }: { invocation: number; position: Position }): string =>
    `${invocation} ${nameOf(position)}`;
  const cuts = new Set(outcome.cuts().map(keyOf));
  const granted = new Set([...outcome.claims.values()].map(keyOf));
  const excused = new Set<string>();
  const excuse = (consumer: Consumer, invocation: number, position = "unknown"): void => {
    const key = `${invocation} ${position}`;
    if (cuts.has(key) || !granted.has(key)) excused.add(`${consumerId(consumer)} ${position}`);
  };
  for (const { consumer, invocation, markers } of outcome.posts) {
    for (const marker of markers) excuse(consumer, invocation, positions.get(marker));
  }
  for (const { consumer, invocation, positions } of outcome.handedOn) {
    for (const position of positions) excuse(consumer, invocation, nameOf(position));
  }
  const isDropped = dropsOf(outcome);
  const unexcused = repeats(outcome).filter(
    (repeat) => !isDropped(repeat) && !excused.has(`${repeat.consumer} ${positions.get(repeat.marker)}`),
  );
  expect(unexcused).toEqual([]);
}

export async function everyStatusIsComplete(outcome: Outcome): Promise<void> {
  for (const { result, marker } of outcome.published) {
    const status = await publicationStatus(outcome, { ...result, topicId: TOPIC });
    expect(status, marker).toMatchObject({ state: "complete" } satisfies Partial<PublicationStatus>);
  }
}

/** Every publication's ledger has the outcome of each consumer of its steps. */
export async function everyStatusAddsUp(outcome: Outcome): Promise<void> {
  for (const { result } of outcome.published) {
    const { delivered, gone, abandoned } = await publicationStatus(outcome, { ...result, topicId: TOPIC });
    const rows = await collect(outcome.ledger.rows({ ...result, topicId: TOPIC }));
    const steps = rows.filter((row) => row.row === "done" && !row.unit.includes("/"));
    // A step that was sent as parts has its consumers in them
    const dispatched = new Set(
      steps.flatMap((row) =>
        row.row === "done" && row.consumers === 0 && row.handedOn > 0 ? [row.unit] : [],
      ),
    );
    const parts = rows.filter(({ unit }) => dispatched.has(unit.slice(0, unit.lastIndexOf("/"))));
    const held = [...steps, ...parts].map((row) => (row.row === "done" ? row.consumers : 0));
    const total = held.reduce((sum, consumers) => sum + consumers, 0);
    // A step that was done twice at once can have two rows, and can have handed on a consumer that the other one reached
    if (!isDoneTwice(outcome, result)) expect(delivered + gone + abandoned).toBe(total);
    const everybodyStayed = outcome.subscribers.every(({ left }) => !left);
    if (everybodyStayed) expect(total).toBeGreaterThanOrEqual(owed(outcome, result).length);
  }
}

/** Whether a run without a claim did the step of a topic, and another invocation did it too. */
function isDoneTwice({ claims }: Outcome, position: Position): boolean {
  const did = [...claims.values()].filter(
    (one) => nameOf(one.position) === nameOf(position) && !one.unit.includes("/"),
  );
  return did.length > 1 && did.some(({ unit }) => unit === "run");
}

/** The subscribers that must have the event: they subscribed before it and did not leave. */
const owed = ({ subscribers }: Outcome, position: Position): SubscriberRecord[] =>
  subscribers.filter((subscriber) => !subscriber.left && isBehind(position, subscriber.position));

/** Counts how often each event arrived at each consumer. */
function arrivalsOf({ posts }: Outcome): Map<string, number> {
  const times = new Map<string, number>();
  const count = (consumer: Consumer, marker: string): void => {
    const key = `${consumerId(consumer)} ${marker}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  };
  for (const { consumer, markers, arrived } of posts) {
    if (arrived) for (const marker of markers) count(consumer, marker);
  }
  return times;
}

function markerOf(json: string): string {
  const data = JSON.parse(json) as string | { m: string };
  return typeof data === "string" ? data : data.m;
}
