import type { Subscription } from "../types.ts";
import type { FanoutContext } from "./worker.ts";

/** Parts of one step. SQS takes ten messages in one request. */
const PARTS_PER_STEP = 10;

/** The subscriptions of one step, and where it ends. */
export interface StepRead {
  subscriptions: readonly Subscription[];
  /** The row after which the next step begins. Absent for the last step. */
  end?: string | undefined;
  /** When the read began. */
  readAtMs: number;
}

/** With how many rows the index had for it, whatever they contain. */
type RowsRead = StepRead & { rows: number };

export interface StepReader {
  read(cursor: string | undefined): Promise<StepRead>;
  /** Begins to read the step after `cursor`, so that the next `read` finds it. */
  readAhead(cursor: string | undefined): void;
}

/**
 * Creates a reader of the topic's subscriptions, step by step. A step is a page of the index, the largest that
 * it returns, up to ten parts: the first parts are posted while the next page is read. In process, without a queue, a
 * step is one part: the process posts it before it reads on, and a topic of any size
 * takes the memory of two parts.
 */
export function createStepReader(context: FanoutContext, topicId: string): StepReader {
  const size = context.settings.partSize * (context.queue.durable ? PARTS_PER_STEP : 1);
  let latest: { cursor: string | undefined; reading: Promise<StepRead> } | undefined;
  let rows = 0;
  const readAndNote = async (cursor: string | undefined): Promise<StepRead> => {
    const { rows: more, ...read } = await readStep(context, { topicId, cursor, size });
    rows += more;
    await noteSize(context, { topicId, rows });
    return read;
  };
  const begin = (cursor: string | undefined): Promise<StepRead> => {
    if (latest === undefined || latest.cursor !== cursor) latest = { cursor, reading: readAndNote(cursor) };
    return latest.reading;
  };
  return {
    read: begin,
    readAhead(cursor) {
      // The `read` of this step rejects with the failure. Perhaps no `read` follows
      begin(cursor).catch(() => {});
    },
  };
}

/** A topic that cannot grow now can with the next publication. The fan-out goes on. */
async function noteSize(
  { subscriptions, observe }: FanoutContext,
  size: { topicId: string; rows: number },
): Promise<void> {
  try {
    await subscriptions.noteSize?.(size);
  } catch (error) {
    observe({ event: "background-failure", stage: "grow-topic", error });
  }
}

/** Reads a page of the index, and more if expired rows left less than one part of it. */
async function readStep(
  { subscriptions: index, connections, clock, observe, settings: { partSize } }: FanoutContext,
  { topicId, cursor, size }: { topicId: string; cursor: string | undefined; size: number },
): Promise<RowsRead> {
  const readAtMs = clock.now();
  const subscriptions: Subscription[] = [];
  const unroutable = countReasons();
  let malformed = 0;
  let rows = 0;
  let end = cursor;
  do {
    const page = await index.page({ topicId, cursor: end, limit: size - subscriptions.length });
    for (const subscription of page.subscriptions) {
      const reason = connections.whyNotPosted?.(subscription.consumer);
      if (reason === undefined) subscriptions.push(subscription);
      else unroutable.add(reason);
    }
    malformed += page.malformed;
    rows += page.subscriptions.length + page.malformed;
    end = page.cursor;
  } while (end !== undefined && subscriptions.length < partSize);
  if (malformed > 0) observe({ event: "rows-malformed", topicId, count: malformed });
  for (const [reason, count] of unroutable.counts)
    observe({ event: "rows-malformed", topicId, count, reason });
  return { subscriptions, end, readAtMs, rows };
}

/** A step can have thousands of rows, each with another address. The log gets a few of the reasons, and every row's count. */
const REASONS_MAX = 5;

function countReasons(): { add(reason: string): void; counts: ReadonlyMap<string, number> } {
  const counts = new Map<string, number>();
  return {
    counts,
    add(reason) {
      const counted =
        counts.has(reason) || counts.size < REASONS_MAX ? reason : "for other reasons of this kind";
      counts.set(counted, (counts.get(counted) ?? 0) + 1);
    },
  };
}
