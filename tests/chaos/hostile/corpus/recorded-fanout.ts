import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../../functions/config.ts";
import { keep } from "./keep.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** A page has two subscriptions, so that the recording contains cursors. */
const small = createFanoutHandler({ config: pubsubConfig(), partialBatchResponses: true, pageSize: 2 });

export const handler: Handler = (event, context) => {
  keep("sqsEvents", event);
  return small(event, context);
};
