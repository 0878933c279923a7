import type { Answer } from "./link.ts";
import { createMembersTopic, type MembersTopic } from "./members-topic.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Seat } from "./seat.ts";
import type { Topic } from "./topic-port.ts";

/** Who is in the topics: what `createPubsubClient` adds for subscriptions with `presence`. */
export interface Presence {
  /** MUST be called when the subscription begins. Returns what ends it. */
  sit(topicId: string, seat: Seat): () => void;
  /** Takes the response to a SUBSCRIBE of the topic. */
  subscribed(topicId: string, answer: Answer): void;
}

/** The server does not let clients subscribe to such a name. */
const PREFIX = "$members/";

export function createPresence(options: ResolvedOptions, topics: Map<string, Topic>): Presence {
  const rooms = new Map<string, MembersTopic>();

  return {
    sit(topicId, seat) {
      const name = PREFIX + topicId;
      const room =
        rooms.get(topicId) ?? createMembersTopic(name, topicId, options, () => topics.get(topicId));
      rooms.set(topicId, room);
      // Again, because a client that closes forgets its topics before their subscriptions end
      topics.set(name, room);
      room.seats.add(seat);
      seat.members = room.members;
      return () => {
        room.seats.delete(seat);
        if (room.seats.size > 0) return;
        room.end();
        rooms.delete(topicId);
        if (topics.get(name) === room) topics.delete(name);
      };
    },
    subscribed(topicId, answer) {
      rooms.get(topicId)?.subscribed(answer);
    },
  };
}
