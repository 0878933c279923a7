import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** The config for the two hours after an upgrade from the old package. */
export const handler: Handler = createFanoutHandler({
  config: { ...pubsubConfig(), legacySubscriptions: true },
});
