import { describeValue } from "./errors.ts";
import type { Position } from "./types.ts";

/** Our own limit: how many of the newest events one SUBSCRIBE or one `readTopicEvents` can ask for. */
export const LAST_MAX = 1_000;

/** Which events a SUBSCRIBE asks for. */
export interface AskedHistory {
  /** The newest `last` events, as far as they fit. `since` wins. */
  last?: number | undefined;
  /** Of events that are posted together, and of those that it missed, the client only wants the newest. */
  latest?: true | undefined;
}

/** What SUBSCRIBED says of the events that `last` asked for. Both fields are absent without `last`. */
export interface SentHistory {
  /** The events that are sent are those after this position, up to that of SUBSCRIBED. */
  from?: Position;
  /** Present if the log has more of the `last` events than are sent. */
  truncated?: true;
}

/** Returns the decoded fields, or the problem. Absent fields stay absent. */
export function decodeHistory({ last, latest }: Record<keyof AskedHistory, unknown>): AskedHistory | string {
  if (last !== undefined && !(Number.isSafeInteger(last) && Number(last) >= 1 && Number(last) <= LAST_MAX)) {
    return `last must be a whole number from 1 to ${LAST_MAX}; got ${describeValue(last)}`;
  }
  if (latest !== undefined && latest !== true) return `latest must be true; got ${describeValue(latest)}`;
  return { ...(last !== undefined && { last: Number(last) }), ...(latest && { latest }) };
}
