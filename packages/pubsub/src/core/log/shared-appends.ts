import { createBoundedMap } from "../bounded-map.ts";
import { EVENTS_PER_RUN_MAX } from "../limits.ts";
import { type AppendContext, type Appended, appendEvents, type EventDraft, type TailHint } from "./append.ts";

/** Keeps one transaction well below DynamoDB's limit of 4 MB. */
const GROUP_CHARACTERS_MAX = 500_000;
/** How many topics' log ends are remembered. The topic that was used longest ago is forgotten first. */
const TOPICS_REMEMBERED_MAX = 1_000;

export interface SharedAppends {
  append(topicId: string, draft: EventDraft): Promise<SharedAppend>;
  /** Appends several events of one topic in their order, in one append if they fit. Returns a promise for each. */
  appendAll(topicId: string, drafts: readonly EventDraft[]): Promise<SharedAppend>[];
}

export interface SharedAppend {
  appended: Appended;
  /** All events that one append wrote or found, including this one. All callers of the append get the same map. */
  together: AppendedTogether;
}

export type AppendedTogether = ReadonlyMap<EventDraft, Appended>;

interface Waiting {
  draft: EventDraft;
  resolve(append: SharedAppend): void;
  reject(error: unknown): void;
}

interface Lane {
  waiting: Waiting[];
  busy: boolean;
  tail?: TailHint | undefined;
}

/**
 * Lets concurrent publishes to one topic share appends, so that they do not compete for offsets. One append of a topic
 * runs at a time. Events that arrive in the meantime go into the next append together.
 */
export function createSharedAppends(context: AppendContext): SharedAppends {
  const lanes = createBoundedMap<Lane>(TOPICS_REMEMBERED_MAX, ({ busy }) => !busy);

  async function drain(topicId: string, lane: Lane): Promise<void> {
    lane.busy = true;
    while (lane.waiting.length > 0) {
      const group = takeGroup(lane.waiting);
      try {
        const drafts = group.map(({ draft }) => draft);
        const { appended, tail } = await appendEvents(context, topicId, drafts, lane.tail);
        lane.tail = tail;
        settle(group, appended);
      } catch (error) {
        lane.tail = undefined;
        fail(group, error);
      }
    }
    lane.busy = false;
  }

  function appendAll(topicId: string, drafts: readonly EventDraft[]): Promise<SharedAppend>[] {
    const lane = lanes.get(topicId) ?? { waiting: [], busy: false };
    lanes.set(topicId, lane);
    const appending = drafts.map(
      (draft) =>
        new Promise<SharedAppend>((resolve, reject) => lane.waiting.push({ draft, resolve, reject })),
    );
    if (!lane.busy) void drain(topicId, lane);
    return appending;
  }

  return {
    async append(topicId, draft) {
      const [appended] = await Promise.all(appendAll(topicId, [draft]));
      if (!appended) throw new Error("an append without a result");
      return appended;
    },
    appendAll,
  };
}

/** Takes the next group. No id is in it twice, because the append could not tell the second from a duplicate. */
function takeGroup(waiting: Waiting[]): Waiting[] {
  const ids = new Set<string>();
  let characters = 0;
  let count = 0;
  for (const { draft } of waiting) {
    characters += draft.json.length;
    const full = count >= EVENTS_PER_RUN_MAX || (count > 0 && characters > GROUP_CHARACTERS_MAX);
    if (full || ids.has(draft.publicationId)) break;
    ids.add(draft.publicationId);
    count += 1;
  }
  return waiting.splice(0, count);
}

function settle(group: readonly Waiting[], together: AppendedTogether): void {
  for (const { draft, resolve, reject } of group) {
    const appended = together.get(draft);
    if (appended) resolve({ appended, together });
    else reject(new Error("an append returned fewer events than it was given"));
  }
}

function fail(group: readonly Waiting[], error: unknown): void {
  for (const { reject } of group) reject(error);
}
