import { PubsubError } from "../errors.ts";
import type { Clock, EventToAppend, TopicLog } from "../ports.ts";
import type { LogSettings } from "./log-settings.ts";
import { expiryGuardSeconds, type Place, placeAfter } from "./place.ts";

export interface AppendContext extends LogSettings {
  log: TopicLog;
  clock: Clock;
}

export interface Appended {
  epoch: string;
  offset: number;
  /** Published before, under the same publication id; this is where. */
  duplicate: boolean;
}

/** What the process remembers of a topic's end, to save reading it again. */
export interface TailHint {
  epoch: string;
  offset: number;
  expiresAtSeconds: number;
}

/** Long enough for dozens of writers of one topic to take their turns. */
const PATIENCE_MS = 15_000;
const BACKOFF_MS_MAX = 250;

export type EventDraft = Omit<EventToAppend, "expiresAtSeconds">;

/**
 * Appends events of one topic at consecutive offsets. The offset is taken by writing at it on the condition
 * that nothing is there: whoever is second reads the end anew and tries behind it. Publication ids must differ
 * within one call. Throws `APPEND_CONTENDED` or what the log throws; then nothing is known to be written.
 */
export async function appendEvents(
  context: AppendContext,
  topicId: string,
  drafts: readonly EventDraft[],
  hint?: TailHint,
): Promise<{ appended: Map<EventDraft, Appended>; tail?: TailHint }> {
  const { log, clock, retentionSeconds } = context;
  const appended = new Map<EventDraft, Appended>();
  const startedMs = clock.now();
  let remaining = drafts;
  let tail = hint;
  for (let conflicts = 0; remaining.length > 0; ) {
    const place: Place = usable(tail, context) ?? placeAfter(await log.tail(topicId), clock.now(), context);
    const livesUntil = Math.ceil(clock.now() / 1_000) + retentionSeconds;
    const expiresAtSeconds = Math.max(livesUntil, place.minExpiresAtSeconds);
    const { epoch, offset, opening } = place;
    const events = remaining.map((draft) => ({ ...draft, expiresAtSeconds }));
    const result = await log.append({ topicId, epoch, offset, events, ...(opening && { opening }) });
    if (result.outcome === "appended") {
      remaining.forEach((draft, index) => {
        appended.set(draft, { epoch, offset: offset + index, duplicate: false });
      });
      return { appended, tail: { epoch, offset: offset + remaining.length - 1, expiresAtSeconds } };
    }
    if (result.outcome === "duplicate") {
      const known = new Map(result.duplicates.map((duplicate) => [duplicate.publicationId, duplicate]));
      for (const draft of remaining) {
        const earlier = known.get(draft.publicationId);
        if (earlier) appended.set(draft, { epoch: earlier.epoch, offset: earlier.offset, duplicate: true });
      }
      remaining = remaining.filter((draft) => !appended.has(draft));
      continue;
    }
    tail = undefined;
    conflicts += 1;
    if (clock.now() - startedMs > PATIENCE_MS) throw contended(topicId, conflicts);
    await clock.sleep(clock.random() * Math.min(BACKOFF_MS_MAX, 2 ** conflicts));
  }
  return { appended, ...(tail && { tail }) };
}

/**
 * A remembered end may be written behind only well before it expires. Another process may be further on, then
 * the offset is taken and this one reads again; but once the epoch could have ended elsewhere, an offset that
 * is free in it proves nothing.
 */
function usable(hint: TailHint | undefined, context: AppendContext): Place | undefined {
  const safeUntilSeconds = context.clock.now() / 1_000 + 2 * expiryGuardSeconds(context);
  if (!hint || hint.expiresAtSeconds <= safeUntilSeconds) return undefined;
  return { epoch: hint.epoch, offset: hint.offset + 1, minExpiresAtSeconds: hint.expiresAtSeconds };
}

const contended = (topicId: string, conflicts: number): PubsubError =>
  new PubsubError(
    "APPEND_CONTENDED",
    `${conflicts} other writers took the offset first; nothing was written`,
    {
      retryable: true,
      context: { topicId, conflicts },
    },
  );
