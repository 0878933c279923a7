import { createCore } from "./core.ts";
import { resolveOptions, type SubscribeClientOptions } from "./options.ts";
import type { SubscribeClient } from "./types.ts";

/**
 * Creates a client that only subscribes, for pages to which each kilobyte matters. It has no `publish` and no `events`, and
 * its `subscribe` has none of the options of `TopicOptions`. Everything else is as in `createPubsubClient`.
 *
 * Throws `INVALID_ARGUMENT`. Everything that fails later goes to `onError`.
 *
 * @example
 * ```ts
 * import { createSubscribeClient } from "lambda-websocket-pubsub-client";
 *
 * const client = createSubscribeClient({ url: "wss://example.com/prod" });
 * client.subscribe("room-1", ({ data }) => console.log(data));
 * ```
 */
export function createSubscribeClient(options: SubscribeClientOptions): SubscribeClient {
  return createCore(resolveOptions(options)).client;
}
