import { createPublishHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createPublishHandler>;

export const handler: Handler = createPublishHandler({ config: pubsubConfig(), authorize: "iam" });
