import type { Gap, TopicEvent } from "lambda-websocket-pubsub-client";

/** The calls of one client's callbacks, in order. */
export interface ClientHistory {
  events: { epoch: string; offset: number }[];
  gaps: Gap[];
}

export interface Verdict {
  deliveries: number;
  lost: number;
  duplicated: number;
  reordered: number;
  gaps: number;
}

export const createHistory = (): ClientHistory => ({ events: [], gaps: [] });

export function recordEvent({ events }: ClientHistory, { epoch, offset }: TopicEvent): void {
  events.push({ epoch, offset });
}

/** Every client must get each expected offset once, in order. A gap does not excuse a loss, because nothing expired. */
export function judge(histories: readonly ClientHistory[], expected: readonly number[]): Verdict {
  const verdict = { deliveries: 0, lost: 0, duplicated: 0, reordered: 0, gaps: 0 };
  for (const { events, gaps } of histories) {
    const seen = new Set<number>();
    let highest = 0;
    for (const { offset } of events) {
      if (seen.has(offset)) verdict.duplicated += 1;
      else if (offset < highest) verdict.reordered += 1;
      seen.add(offset);
      highest = Math.max(highest, offset);
    }
    verdict.deliveries += events.length;
    verdict.lost += expected.filter((offset) => !seen.has(offset)).length;
    verdict.gaps += gaps.length;
  }
  return verdict;
}
