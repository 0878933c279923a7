import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** As the test says, which must not have to match the mapping. */
const partialBatchResponses = process.env.PARTIAL_BATCH_RESPONSES === "true";

export const handler: Handler = createFanoutHandler({ config: pubsubConfig(), partialBatchResponses });
