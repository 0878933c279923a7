import type { StoredEvent } from "../types.ts";

/** Which of a topic's newest events `TopicLog.newest` returns. */
export interface NewestRequest {
  topicId: string;
  /** Default: the epoch of the log's last event. */
  epoch?: string | undefined;
  /** Only with `epoch`: the offset of the last event that is wanted. Default: that of the last event. */
  upTo?: number;
  limit: number;
  /**
   * MUST return only as many events as have this many bytes of data as JSON text, and SHOULD read little more. A service that
   * returns pages is then asked for one page.
   */
  maxBytes?: number;
  /** Half the price, and the newest events MAY be missing. */
  mayLag?: boolean;
}

export interface NewestEvents {
  /** Absent if there are no events. */
  epoch?: string;
  /** Ascending. */
  events: StoredEvent[];
  /** Whether `maxBytes` left out events that the log has. MUST be false without `maxBytes`. */
  cut: boolean;
  /** How many read units the call cost, if the adapter knows. */
  readUnits?: number;
}
