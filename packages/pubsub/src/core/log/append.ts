import { PubsubError } from "../errors.ts";
import type { Clock, EventToAppend, TopicLog } from "../ports.ts";
import type { Consumer } from "../types.ts";
import { utf8Length } from "../utf8.ts";
import type { LogSettings } from "./log-settings.ts";
import { expiryGuardSeconds, type Place, placeAfter } from "./place.ts";

export interface AppendContext extends LogSettings {
  log: TopicLog;
  clock: Clock;
}

export interface Appended {
  epoch: string;
  offset: number;
  /** Whether the event was published before under the same publication id, at this position. */
  duplicate: boolean;
}

/** What the process remembers of the log's end, so that it need not read it again. */
export interface TailHint {
  epoch: string;
  offset: number;
  expiresAtSeconds: number;
  bytesSoFar: number;
}

/** Long enough for dozens of concurrent writers of one topic. */
const PATIENCE_MS = 15_000;
const BACKOFF_MS_MAX = 250;

export interface EventDraft extends Omit<EventToAppend, "expiresAtSeconds" | "bytesSoFar"> {
  /** The connection that the fan-out need not post the event to (`PublishingClient`). It is not stored. */
  echoedTo?: Consumer | undefined;
}

/**
 * Appends events of one topic at consecutive offsets. It writes at an offset on the condition that no event is there. A
 * writer that finds one reads the end of the log again and tries the next offset. Publication ids must differ within one
 * call. Throws `APPEND_CONTENDED`, after which nothing is written, or what the log throws, after which it may be.
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
    let { bytesSoFar = 0 } = place;
    const events = remaining.map(({ echoedTo: _, ...draft }) => {
      bytesSoFar += utf8Length(draft.json);
      return { ...draft, expiresAtSeconds, bytesSoFar };
    });
    const result = await log.append({ topicId, epoch, offset, events, ...(opening && { opening }) });
    if (result.outcome === "appended") {
      remaining.forEach((draft, index) => {
        appended.set(draft, { epoch, offset: offset + index, duplicate: false });
      });
      return {
        appended,
        tail: { epoch, offset: offset + remaining.length - 1, expiresAtSeconds, bytesSoFar },
      };
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
 * A remembered end may be used only well before it expires. If another process has appended since, the offset is taken
 * and this process reads the end again. But if another process could have begun a new epoch, a free offset in the old
 * epoch proves nothing.
 */
function usable(hint: TailHint | undefined, context: AppendContext): Place | undefined {
  const safeUntilSeconds = context.clock.now() / 1_000 + 2 * expiryGuardSeconds(context);
  if (!hint || hint.expiresAtSeconds <= safeUntilSeconds) return undefined;
  const { epoch, offset, expiresAtSeconds: minExpiresAtSeconds, bytesSoFar } = hint;
  return { epoch, offset: offset + 1, minExpiresAtSeconds, bytesSoFar };
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
