import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** Posts to the endpoints that the test lists, or else to that of the stack's own API. */
const listed = process.env.TEST_MANAGEMENT_ENDPOINTS;

export const handler: Handler = createFanoutHandler({
  config: {
    ...pubsubConfig(),
    ...(listed && { managementEndpoint: JSON.parse(listed) as Record<string, string> }),
  },
  partialBatchResponses: true,
  maxAttempts: 2,
});
