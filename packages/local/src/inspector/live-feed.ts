import type { EventHead, LiveMessage } from "./wire.ts";

/** Sends events to the pages that are open, in batches. */
export interface LiveFeed {
  add(events: readonly EventHead[]): void;
  tell(problem: string): void;
  /** A page that connects gets the last events first. Returns a function that ends it. */
  open(send: (message: LiveMessage) => void): () => void;
}

/** A page draws less often than that, and a message costs as much as a few events. */
const BATCH_MS = 200;
/** The page shows a part of them, and counts the rest. */
const EVENTS_PER_BATCH_MAX = 500;
const KEPT_EVENTS = 200;

export function createLiveFeed(): LiveFeed {
  const pages = new Set<(message: LiveMessage) => void>();
  let kept: EventHead[] = [];
  let batch: EventHead[] = [];
  let left = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    timer = undefined;
    const message: LiveMessage = { events: batch, left };
    batch = [];
    left = 0;
    for (const send of pages) send(message);
  }

  return {
    add(events) {
      if (events.length === 0) return;
      kept = [...kept, ...events].slice(-KEPT_EVENTS);
      if (pages.size === 0) return;
      const room = EVENTS_PER_BATCH_MAX - batch.length;
      batch.push(...events.slice(0, room));
      left += Math.max(0, events.length - room);
      timer ??= setTimeout(flush, BATCH_MS).unref();
    },
    tell(problem) {
      for (const send of pages) send({ problem });
    },
    open(send) {
      if (kept.length > 0) send({ events: kept, left: 0 });
      pages.add(send);
      return () => {
        pages.delete(send);
        if (pages.size > 0) return;
        clearTimeout(timer);
        timer = undefined;
        batch = [];
        left = 0;
      };
    },
  };
}
