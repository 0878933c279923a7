import { PubsubClientError } from "./errors.ts";
import { isOffset, isShape, isString } from "./is.ts";
import { createLatestSequencer } from "./latest.ts";
import type { Answer, Link } from "./link.ts";
import { changeOf, isMembers } from "./members.ts";
import type { ResolvedOptions } from "./options.ts";
import { comparePositions, moved } from "./position.ts";
import type { Members } from "./presence-types.ts";
import { createRecovery } from "./recovery.ts";
import type { Seat } from "./seat.ts";
import type { Position } from "./topic-event.ts";
import type { Topic } from "./topic-port.ts";

/**
 * The hidden topic whose events are the lists of who is in another topic. It has no subscription of its own: the other
 * topic's SUBSCRIBE brings it, and again if the server has lost it. The newest event is the truth, so nothing waits for an
 * older one.
 */
export interface MembersTopic extends Topic {
  readonly seats: Set<Seat>;
  readonly members: Members | undefined;
  /** Takes the response to the other topic's SUBSCRIBE. */
  subscribed(answer: Answer): void;
}

const isPlace = isShape({ epoch: isString, offset: isOffset });

export function createMembersTopic(
  name: string,
  topicId: string,
  options: ResolvedOptions,
  parent: () => Topic | undefined,
): MembersTopic {
  const { guard } = options;
  const seats = new Set<Seat>();
  let members: Members | undefined;
  /** Where the list comes from that is shown. */
  let at: Position | undefined;

  const sequencer = createLatestSequencer(undefined, (event) => {
    at = moved(event, 0);
    if (!isMembers(event.data)) report();
    else show(event.data as Members);
  });
  const recovery = createRecovery(
    options,
    () => {
      const { position, isBehind } = sequencer;
      return isBehind && position ? { position, urgent: false } : undefined;
    },
    (from, onAnswered) => {
      const link = parent()?.link;
      link?.request({ action: "PING", positions: { [name]: from } }, (answer) => {
        pong(link, from, answer);
        onAnswered();
      });
      return !!link;
    },
  );

  const report = (): void =>
    guard.report(new PubsubClientError("UNKNOWN_FRAME", `received an invalid list of members of ${topicId}`));

  /** A list replaces the one before, also after a lost connection: nobody leaves and joins because of that. */
  function show({ count, list }: Members): void {
    const change = changeOf(members, { count, list });
    if (!change) return;
    members = { count, list };
    for (const seat of [...seats]) seat.change(change);
  }

  function subscribed(answer: Answer): void {
    const { members: given } = answer as { members?: unknown };
    // It came before this subscription, and another SUBSCRIBE follows
    if (given === undefined) return;
    if (!isMembers(given) || !isPlace(given)) {
      report();
      return;
    }
    const { epoch, offset, count, list } = given as Members & Position;
    const to = { epoch, offset };
    // A later list has come on the older connection of a rotation
    if (at && comparePositions(to, at) < 0) return;
    at = to;
    show({ count, list });
    sequencer.start(to);
  }

  function settle(since: Position | undefined, to: Position, recovered: boolean): void {
    // The log is another one, in which no event may ever be after ours
    if (since && at && comparePositions(since, at) === 0 && comparePositions(to, at) < 0)
      subscribeAgain(since);
    sequencer.answer(since, to, recovered, () => {});
    recovery.check();
  }

  function subscribeAgain(since: Position): void {
    const topic = parent();
    at = undefined;
    if (!topic?.link) return;
    topic.pong(topic.link, since, {
      type: "PONG",
      positions: { [topicId]: { subscribed: false } },
    } as Answer);
  }

  function pong(link: Link, since: Position, answer: Answer | undefined): boolean {
    if (answer?.type !== "PONG" || parent()?.link !== link) return false;
    const { positions = {} } = answer;
    const position = Object.hasOwn(positions, name) ? positions[name] : undefined;
    if (!position) return false;
    if (!("recovered" in position)) {
      subscribeAgain(since);
      return false;
    }
    settle(since, position, position.recovered);
    return comparePositions(position, since) === 0;
  }

  return {
    name,
    seats,
    get members() {
      return members;
    },
    subscribed,
    add(subscriber) {
      const text = `INVALID_TOPIC_ID: ${name} is the library's own`;
      queueMicrotask(() => subscriber.end(new PubsubClientError("REFUSED", text)));
    },
    remove() {},
    push(event) {
      sequencer.push(event, 0);
      recovery.check();
    },
    get link() {
      return parent()?.link;
    },
    get position() {
      return sequencer.position;
    },
    renew() {},
    settle,
    pong,
    linkUp: recovery.reset,
    linkDown: recovery.reset,
    end: recovery.reset,
  };
}
