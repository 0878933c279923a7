import { type Facts, type LoggedEvent, placeOf } from "./facts.ts";
import type { Violation } from "./violation.ts";

/** Compares the results that publishers got with the log. */
export function checkLog(facts: Facts): Violation[] {
  return [
    ...checkContiguity(facts),
    ...checkIdempotency(facts),
    ...checkAccepted(facts),
    ...checkOrder(facts),
  ];
}

function* checkContiguity({ log }: Facts): Generator<Violation> {
  for (const [topic, events] of log) {
    const epochs = Map.groupBy(events, ({ epoch }) => epoch);
    for (const [epoch, inEpoch] of epochs) {
      const offsets = inEpoch.map(({ offset }) => offset).sort((a, b) => a - b);
      const hole = offsets.findIndex((offset, index) => offset !== index + 1);
      if (hole >= 0) {
        const found = `epoch ${epoch} continues with offset ${offsets[hole]}; expected ${hole + 1}`;
        yield { promise: "log", topic, found };
      }
    }
  }
}

function* checkIdempotency({ log }: Facts): Generator<Violation> {
  for (const [topic, events] of log) {
    const markers = new Map<string, LoggedEvent>();
    for (const event of events) {
      const other = markers.get(event.m);
      if (other) {
        const found = `one publication is two events, ${placeOf(other)} and ${placeOf(event)}`;
        yield { promise: "idempotency", topic, m: event.m, found };
      }
      markers.set(event.m, event);
    }
  }
}

function* checkAccepted({ publications, eventOf }: Facts): Generator<Violation> {
  for (const { topic, m, id, accepted, places } of publications.values()) {
    if (!accepted) continue;
    const event = eventOf.get(m);
    const positions = [...places].join(" and ");
    if (event === undefined || event.topic !== topic || places.size !== 1 || !places.has(placeOf(event))) {
      const actual = event === undefined ? "is not in the log" : `is at ${placeOf(event)}`;
      yield { promise: "log", topic, m, found: `accepted at ${positions}, but ${actual}` };
    } else if (id !== undefined && event.id !== id) {
      yield { promise: "log", topic, m, found: `published as ${id}, logged as ${event.id}` };
    }
  }
}

/** A publish that began after another one was accepted must have the later position, unless it is a duplicate. */
function* checkOrder({ publications }: Facts): Generator<Violation> {
  const byTopic = Map.groupBy(publications.values(), ({ topic }) => topic);
  for (const [topic, all] of byTopic) {
    const accepted = all.flatMap((one) => (one.accepted ? [{ ...one, accepted: one.accepted }] : []));
    const ended = accepted.toSorted((a, b) => a.accepted.atMs - b.accepted.atMs);
    const begun = accepted.filter((one) => !one.accepted.duplicate).toSorted((a, b) => a.beganMs - b.beganMs);
    let highest: (typeof ended)[number] | undefined;
    let next = 0;
    for (const later of begun) {
      for (let one = ended[next]; one && one.accepted.atMs < later.beganMs; one = ended[++next]) {
        if (!highest || isAfter(one.accepted, highest.accepted)) highest = one;
      }
      if (highest && !isAfter(later.accepted, highest.accepted)) {
        const found = `began after ${highest.m} was accepted at ${placeOf(highest.accepted)}, but is at ${placeOf(later.accepted)}`;
        yield { promise: "order", topic, m: later.m, found };
      }
    }
  }
}

type Place = { epoch: string; offset: number };
const isAfter = (a: Place, b: Place): boolean =>
  a.epoch === b.epoch ? a.offset > b.offset : a.epoch > b.epoch;
