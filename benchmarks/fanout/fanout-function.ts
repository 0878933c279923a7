import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** The project's fan-out function with another page size. */
const partSize = Number(process.env.BENCH_PAGE_SIZE);

export const handler: Handler = createFanoutHandler({
  config: pubsubConfig(),
  partialBatchResponses: true,
  partSize,
});
