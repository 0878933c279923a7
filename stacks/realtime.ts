import { assertDecided } from "./decision.ts";
import { pubsubEnvironment } from "./environment.ts";
import { PubsubFunction } from "./function.ts";
import type { Messaging } from "./messaging.ts";
import {
  fanoutPermissions,
  hotTopicPermissions,
  leavePermissions,
  presencePermissions,
  websocketPermissions,
} from "./permissions.ts";
import { Publishers } from "./publishers.ts";
import { messagesOfRoute, type Settings } from "./settings.ts";
import type { Storage } from "./storage.ts";

export interface Realtime {
  api: sst.aws.ApiGatewayWebSocket;
  websocket: PubsubFunction;
  fanout: PubsubFunction;
  /** The functions by which others publish, by their names. None by default. */
  publishers: Publishers;
}

export type RealtimeArgs = Storage & Messaging & { settings: Settings };

/**
 * Creates the WebSocket API with one function for its routes, the fan-out worker that posts to it, and the functions by
 * which clients publish, where they may.
 */
export function Realtime({ settings, table, fanoutQueue, deadLetterQueue }: RealtimeArgs): Realtime {
  assertDecided(settings);
  const { logRetentionDays, accessLog, tracing } = settings;
  const { perSecond: throttlingRateLimit, burst: throttlingBurstLimit } = messagesOfRoute(settings);
  const api = new sst.aws.ApiGatewayWebSocket("PubsubApi", {
    transform: {
      accessLog: { retentionInDays: logRetentionDays },
      stage: (stage) => {
        // For each route, over all its connections. The limits of one connection are the functions'. A route can't have
        // a limit of its own: API Gateway refuses one for a route that does not exist yet, and SST makes the routes after
        // the stage (https://github.com/anomalyco/sst/issues/4501)
        stage.defaultRouteSettings = { throttlingRateLimit, throttlingBurstLimit };
        // SST always creates the log group. An empty one costs nothing
        if (!accessLog) delete stage.accessLogSettings;
      },
    },
  });
  const environment = pubsubEnvironment({ table, fanoutQueue, api, settings });
  const common = { environment, settings };

  const websocket = PubsubFunction("Websocket", {
    handler: "functions/websocket.handler",
    ...common,
    ...settings.websocket,
    permissions: [
      ...websocketPermissions({ table, api }),
      ...presencePermissions({ table, fanoutQueue, settings }),
      ...hotTopicPermissions({ table, settings }),
    ],
    traced: false,
  });
  // Pass the function by its ARN, because with a handler every route would create a function of its own
  for (const route of ["$connect", "$disconnect", "$default"]) api.route(route, websocket.fn.arn);

  const { memoryMb, timeoutSeconds, reservedConcurrency } = settings.fanout;
  const { batchSize, batchWindowSeconds, maximumConcurrency } = settings.fanout;
  const fanout = PubsubFunction("Fanout", {
    handler: "functions/fanout.handler",
    ...common,
    memoryMb,
    timeoutSeconds,
    reservedConcurrency,
    permissions: [
      ...fanoutPermissions({ table, fanoutQueue, deadLetterQueue, api }),
      ...leavePermissions({ table, settings }),
    ],
    traced: tracing,
  });
  allowRecursion(fanout);
  fanoutQueue.subscribe(fanout.fn.arn, {
    // functions/fanout.ts returns the messages that failed. Without partial responses Lambda would ignore that list
    // and delete the messages
    batch: { size: batchSize, window: `${batchWindowSeconds} seconds`, partialResponses: true },
    transform: {
      eventSourceMapping: (mapping) => {
        mapping.scalingConfig = { maximumConcurrency };
      },
    },
  });
  const publishers = Publishers({ ...common, table, fanoutQueue, api });
  return { api, websocket, fanout, publishers };
}

/**
 * Lets Lambda invoke the fan-out for messages that the fan-out itself has queued: redeliveries and further pages. By
 * default ("Terminate") Lambda stops such a chain after about 16 invocations, and the rest of a publication would
 * become a dead letter. Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
const allowRecursion = ({ fn }: PubsubFunction): aws.lambda.FunctionRecursionConfig =>
  new aws.lambda.FunctionRecursionConfig("FanoutRecursion", {
    functionName: fn.name,
    recursiveLoop: "Allow",
  });
