import { checkOptions } from "./check.ts";
import { EVENTS_CHECKS, iterateEvents } from "./iterate.ts";
import type { PubsubClientOptions } from "./options.ts";
import { createSubscribeClient } from "./subscribe-client.ts";
import type { TopicEvent } from "./topic-event.ts";
import type { EventsOptions, PubsubClient } from "./types.ts";

/**
 * Creates a client. It opens nothing: it connects at the first subscription, and closes the connection some time after
 * the last one.
 *
 * Throws `INVALID_ARGUMENT`. Everything that fails later goes to `onError`.
 *
 * @example
 * ```ts
 * import { createPubsubClient } from "lambda-websocket-pubsub-client";
 *
 * const client = createPubsubClient({ url: "wss://example.com/prod" });
 * client.subscribe("room-1", ({ data }) => console.log(data));
 * ```
 */
export function createPubsubClient(options: PubsubClientOptions): PubsubClient {
  const client = createSubscribeClient(options);
  return Object.assign(client, {
    events<Data>(topicId: string, eventsOptions: EventsOptions = {}) {
      const checked = checkOptions<EventsOptions & { bufferLimit: number }>(
        "options",
        eventsOptions,
        EVENTS_CHECKS,
      );
      const iterator = iterateEvents(client.subscribe, topicId, checked);
      return iterator as AsyncIterableIterator<TopicEvent<Data>, undefined>;
    },
  });
}
