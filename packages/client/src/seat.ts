import type { Guard } from "./guard.ts";
import type { Members, MembersChange, OnMembers, PresenceOptions } from "./presence-types.ts";

/** One subscription with `presence`. */
export interface Seat {
  /** As the SUBSCRIBE has it. */
  readonly presence: PresenceOptions;
  /** What the subscription knows, also after its end. */
  members: Members | undefined;
  change(change: MembersChange): void;
  /** Calls the listener with the members as soon as they are known, and with each change until the result is called. */
  listen(listener: OnMembers): () => void;
}

export function createSeat(guard: Guard, presence: PresenceOptions): Seat {
  const listeners = new Set<OnMembers>();
  const seat: Seat = {
    presence,
    members: undefined,
    change(change) {
      const { count, list } = change;
      seat.members = { count, list };
      for (const listener of listeners) guard.call("onMembers", listener, change);
    },
    listen(listener) {
      let isTold = false;
      // A function of its own, so that one listener may listen twice
      const mine: OnMembers = (change) => {
        isTold = true;
        return listener(change);
      };
      listeners.add(mine);
      // Not within this call, which may be the one that subscribes
      queueMicrotask(() => {
        const { members } = seat;
        if (members && !isTold && listeners.has(mine)) {
          guard.call("onMembers", mine, { ...members, joined: [], left: [], updated: [] });
        }
      });
      return () => void listeners.delete(mine);
    },
  };
  return seat;
}
