import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** The test sets the option; it need not match the mapping. */
const partialBatchResponses = process.env.PARTIAL_BATCH_RESPONSES === "true";

export const handler: Handler = createFanoutHandler({ config: pubsubConfig(), partialBatchResponses });
