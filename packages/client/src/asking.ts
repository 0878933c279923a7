import type { Asking } from "./extension.ts";
import { comparePositions, laterOf, moved } from "./position.ts";
import type { Asked } from "./request.ts";
import type { Subscriber } from "./subscriber.ts";

/** Brings history to those subscribers that asked for it, and all events unless everybody wants the newest only. */
export const asking: Asking = {
  fields,
  isStale(subscribers, asked) {
    const { last, latest, presence } = fields(subscribers);
    return last !== undefined || latest !== asked?.latest || !isSame(presence, asked?.presence);
  },
  isOver: (subscribers, asked) => !!asked?.presence && !fields(subscribers).presence,
  begin(subscriber, to, asked) {
    const { last, latest } = subscriber.sequencer.asked ?? {};
    // Another SUBSCRIBE follows, without `latest`
    if (!latest && asked?.latest) return true;
    if (last === undefined) return false;
    // Another SUBSCRIBE follows, with `last`
    if (!("type" in to) || to.type !== "SUBSCRIBED" || (asked?.last ?? 0) < last) return true;
    // More were sent if another subscriber asked for more. A server that does not know `last` sends none
    const wanted = moved(to, -last);
    const from = moved(laterOf(wanted, to.from ?? to), 0);
    const isShort = to.truncated && comparePositions(wanted, from) < 0;
    subscriber.settle(to, { from, ...(isShort && { truncated: true }) });
    subscriber.sequencer.start(from);
    subscriber.sequencer.answer(undefined, to, true, () => {});
    return true;
  },
};

function fields(subscribers: Iterable<Subscriber>): Asked {
  const all = [...subscribers].map(({ sequencer }) => sequencer);
  const last = Math.max(...all.map(({ position, asked }) => (position ? 0 : (asked?.last ?? 0))));
  return {
    last: last > 0 ? last : undefined,
    latest: all.every(({ asked }) => asked?.latest) || undefined,
    presence: all.reverse().find(({ asked }) => asked?.presence)?.asked?.presence,
  };
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
