import { type Facts, isClient, placeOf } from "./facts.ts";
import type { Violation } from "./violation.ts";

export interface ClientVerdict {
  violations: Violation[];
  deliveries: number;
  lost: number;
  duplicated: number;
  reordered: number;
}

/** Every client must receive each event after its first position, once and in order, and without a gap. */
export function checkClients({ subscribers, received, log, eventOf, lines }: Facts): ClientVerdict {
  const verdict: ClientVerdict = { violations: [], deliveries: 0, lost: 0, duplicated: 0, reordered: 0 };
  for (const { who, topic, epoch, offset } of subscribers.values()) {
    if (!isClient(who)) continue;
    const got = received.get(who) ?? [];
    verdict.deliveries += got.length;
    const seen = new Set<string>();
    let last = { epoch, offset };
    const report = (kind: "lost" | "duplicated" | "reordered", m: string, found: string): void => {
      verdict[kind] += 1;
      verdict.violations.push({ promise: "client", who, topic, m, found });
    };
    for (const line of got) {
      const place = placeOf(line);
      const at = { epoch: line.epoch ?? "", offset: line.offset ?? 0 };
      const logged = eventOf.get(line.m);
      if (!logged || placeOf(logged) !== place) {
        const found = `received ${line.m} at ${place}, but the log does not have it there`;
        verdict.violations.push({ promise: "client", who, topic, m: line.m, found });
      }
      if (seen.has(place)) report("duplicated", line.m, `received ${place} twice`);
      else if (at.epoch < last.epoch || (at.epoch === last.epoch && at.offset < last.offset)) {
        report("reordered", line.m, `received ${place} after ${placeOf(last)}`);
      }
      seen.add(place);
      last = at;
    }
    for (const event of log.get(topic) ?? []) {
      const owed = event.epoch > epoch || (event.epoch === epoch && event.offset > offset);
      if (owed && !seen.has(placeOf(event))) {
        report("lost", event.m, `never received ${placeOf(event)}; it began at ${epoch}#${offset}`);
      }
    }
  }
  for (const line of lines) {
    if (line.k !== "gap") continue;
    const found = `got a gap (${line.reason}), although nothing had expired`;
    verdict.violations.push({ promise: "client", who: line.who, found });
  }
  return verdict;
}
