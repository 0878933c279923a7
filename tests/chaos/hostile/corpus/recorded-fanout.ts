import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../../functions/config.ts";
import { keep } from "./keep.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** A part has two consumers and a step twenty, so that the recording contains parts and cursors. */
const small = createFanoutHandler({ config: pubsubConfig(), partialBatchResponses: true, partSize: 2 });

export const handler: Handler = (event, context) => {
  keep("sqsEvents", event);
  return small(event, context);
};
