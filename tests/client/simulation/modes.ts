import type { LoadedState, TopicEvent, TopicOptions } from "../../../packages/client/src/index.ts";
import { comparePositions, moved } from "../../../packages/client/src/position.ts";
import type { Chance, Faults } from "./faults.ts";
import type { ModelServer } from "./model-server.ts";
import type { Outcome, Trace } from "./outcome.ts";
import type { VirtualTime } from "./virtual-time.ts";

interface Database {
  server: ModelServer;
  time: VirtualTime;
  chance: Chance;
  faults: () => Faults;
}

export function optionsOf({ mode, topicId, loaded }: Trace, database: Database): TopicOptions<number> {
  switch (mode.mode) {
    case "all":
      return {};
    case "last":
      return { last: mode.count };
    case "latest":
      return { latest: true, last: mode.last };
    case "load":
      return {
        load: () => loadFrom(database, topicId),
        onState(count) {
          loaded.states++;
          loaded.count = count;
        },
      };
  }
}

/** Reads the state as of some event, and its position. The state of a topic is how many events it ever had. */
async function loadFrom(
  { server, time, chance, faults }: Database,
  topicId: string,
): Promise<LoadedState<number>> {
  await new Promise<void>((resolve) => time.after(chance.delayMs(faults().loadDelayMs), resolve));
  if (chance.happens(faults().failedLoad)) {
    if (chance.happens(0.5)) throw new Error("the database is down");
    return { state: 0, position: null };
  }
  const log = server.log(topicId);
  const { length } = log.history;
  const isStale = length > 0 && chance.happens(faults().staleLoad);
  const state = isStale ? Math.floor(chance.random() * length) : length;
  const last = log.history[state - 1];
  const [first] = log.history;
  const stale = last ? moved(last, 0) : { epoch: first?.epoch ?? "", offset: 0 };
  const answer = { state, position: isStale ? stale : log.position() };
  await new Promise<void>((resolve) => time.after(chance.delayMs(faults().loadDelayMs), resolve));
  return answer;
}

/** Applies an event to the state: it has to be the next one of the topic's history. */
export function applyToState({ loaded, topicId }: Trace, event: TopicEvent, server: ModelServer): void {
  const next = server.log(topicId).history[loaded.count ?? Number.NaN];
  if (!next || comparePositions(next, event) !== 0) {
    loaded.problems.push(
      `${topicId}: ${event.epoch}/${event.offset} applied to a state of ${loaded.count} events`,
    );
  }
  loaded.count = (loaded.count ?? 0) + 1;
}

/** The state equals a replay of the whole log, and every event that led there was the next one. */
export function checkLoaded({ server }: Outcome, { loaded, topicId, subscription }: Trace): void {
  if (loaded.problems.length > 0) throw new Error(loaded.problems.join("; "));
  const { length } = server.log(topicId).history;
  if (subscription && loaded.count !== length) {
    throw new Error(`${topicId}: the state has ${loaded.count} events, the log had ${length}`);
  }
}

/** The offsets ascend, each event is the logged one, and the last one of the log arrived. */
export function checkLatest({ server }: Outcome, { topicId, items, ready, subscription }: Trace): void {
  const { history, position } = server.log(topicId);
  let at = ready?.from ?? ready;
  for (const { event, gap } of items) {
    if (gap) throw new Error(`${topicId}: a gap for a subscriber of the newest event`);
    if (at && comparePositions(event, at) <= 0)
      throw new Error(`${topicId}: ${event.offset} after ${at.offset}`);
    const logged = history.find((candidate) => comparePositions(candidate, event) === 0);
    if (!logged || JSON.stringify(logged.data) !== JSON.stringify(event.data)) {
      throw new Error(`${topicId}: delivered ${JSON.stringify(event)}, published ${JSON.stringify(logged)}`);
    }
    at = event;
  }
  const end = position();
  if (subscription && (!at || (end.offset > 0 && comparePositions(at, end) < 0))) {
    throw new Error(`${topicId}: stopped at ${at?.offset}, the log ends at ${end.offset}`);
  }
}

/** It began with as many of the newest events as the server sent, and not with more than it asked for. */
export function checkBeginning({ server }: Outcome, { topicId, ready, mode }: Trace): void {
  const last = mode.mode === "last" ? mode.count : mode.mode === "latest" ? mode.last : undefined;
  if (last === undefined || !ready) return;
  const { from, truncated = false } = ready;
  const isSent = server.historySent.some((sent) => {
    const first = Math.max(sent.from.offset, sent.to.offset - last);
    const isShort = sent.truncated && sent.to.offset - last < sent.from.offset;
    const isSame = sent.last >= last && sent.to.epoch === ready.epoch && sent.to.offset === ready.offset;
    return sent.topicId === topicId && isSame && from?.offset === first && truncated === isShort;
  });
  if (!isSent)
    throw new Error(`${topicId}: began with ${JSON.stringify(ready)}, which the server did not send`);
}
