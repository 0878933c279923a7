import { randomUUID } from "node:crypto";
import type { Usage } from "./cost/index.ts";
import { localCredentials } from "./credentials.ts";
import { errorMessage, PubsubLocalError } from "./errors.ts";
import { createEventSourceMapping, type MappingStats } from "./event-source-mapping/index.ts";
import { type Gateway, type GatewayLimits, startGateway } from "./gateway/index.ts";
import { createLocalInspector } from "./inspector/local-inspector.ts";
import { startFanoutSettingsApi } from "./lambda-api/index.ts";
import { type LocalEnv, stackEnv } from "./local-env.ts";
import { createLocalFaults, type LocalFaults } from "./local-faults.ts";
import { gatewayLine } from "./local-log.ts";
import { type LocalOptions, type LocalSettings, resolveLocalOptions } from "./local-options.ts";
import { collectUsage } from "./local-usage.ts";
import { nodeTooOld } from "./node-version.ts";
import { type Functions, PUBLISH_ROUTE, startFunctions } from "./start-functions.ts";
import { startHttp } from "./start-http.ts";
import { startServers } from "./start-servers.ts";
import { createTeardown, type Teardown } from "./teardown.ts";
import type { FunctionStats } from "./workers/index.ts";

export interface LocalStack {
  /** A UUID. `env` contains it too, so that `isStackRunning` can find out whether an environment is still valid. */
  id: string;
  websocketUrl: string;
  managementEndpoint: string;
  /** The function URL, if `functions.http` is given: without a slash at its end. `env.PUBSUB_HTTP_URL` is the same. */
  httpUrl?: string;
  /** The page of the inspector, if `inspector` is true: without a slash at its end. */
  inspectorUrl?: string;
  dynamodbTableName: string;
  /** The address of a proxy, which counts the calls for `usage` and forwards them to DynamoDB Local. */
  dynamodbEndpoint: string;
  fanoutQueueUrl: string;
  deadLetterQueueUrl: string;
  /** The environment of a process that publishes to this stack. */
  env: LocalEnv;
  faults: LocalFaults;
  /** Changes limits of API Gateway for what comes next, open connections included. Throws `INVALID_OPTION`. */
  setLimits(limits: Partial<GatewayLimits>): void;
  stats(): LocalStats;
  /** Returns what AWS would have metered since the start, for `subtractUsage` and `costOf`. */
  usage(): Usage;
  /** Ends every process, socket and timer of the stack. Calling it twice is harmless. */
  stop(): Promise<void>;
}

export interface LocalStats {
  gateway: ReturnType<Gateway["counts"]>;
  websocket: FunctionStats;
  fanout: FunctionStats;
  /** Absent if the API has no route for a publish function. */
  publish?: FunctionStats;
  /** Absent if there is no function URL. */
  http?: FunctionStats;
  queue: MappingStats;
}

/**
 * Starts the whole system on this machine: API Gateway's WebSocket API, DynamoDB Local, SQS with its event source
 * mapping, and the functions in processes of their own.
 *
 * @throws PubsubLocalError NODE_TOO_OLD, INVALID_OPTION, PORT_IN_USE, HOST_NOT_AVAILABLE, JAVA_NOT_FOUND,
 * DYNAMODB_NOT_FOUND, DYNAMODB_START_FAILED, TABLE_EXISTS. It stops what it has started before it throws.
 */
export async function startLocal(options: LocalOptions = {}): Promise<LocalStack> {
  const tooOld = nodeTooOld();
  if (tooOld !== undefined) throw new PubsubLocalError("NODE_TOO_OLD", tooOld);
  const settings = resolveLocalOptions(options);
  const teardown = createTeardown();
  try {
    return await start(settings, teardown);
  } catch (error) {
    await teardown.run().catch(() => {}); // the caller needs the first error, not one of the teardown
    throw error;
  }
}

async function start(given: LocalSettings, teardown: Teardown): Promise<LocalStack> {
  const watching = given.inspector ? createLocalInspector(given) : undefined;
  const settings = watching ? { ...given, onLog: toBoth(watching.onLog, given.onLog) } : given;
  const { host, ports, region, tableName, fanout, onLog } = settings;
  const id = randomUUID();
  const servers = await startServers(settings, teardown, watching?.onEvents);

  // The functions need the gateway's address, and the gateway invokes a function.
  const functionsStarted = Promise.withResolvers<Functions>();
  let functions: Functions | undefined;
  teardown.defer("functions", () => Promise.all(Object.values(functions ?? {}).map((each) => each.stop())));
  const gateway = await startGateway({
    ...settings.gateway,
    host,
    allowedHosts: settings.allowedHosts,
    allowedOrigins: settings.allowedOrigins,
    ...(ports.gateway !== undefined && { port: ports.gateway }),
    region,
    credentials: localCredentials,
    stackId: id,
    routes: ["$default", ...(settings.functions.publish === undefined ? [] : [PUBLISH_ROUTE])],
    invoke: async (event, options) => {
      const { websocket, publish = websocket } = await functionsStarted.promise;
      const target = event.requestContext.routeKey === PUBLISH_ROUTE ? publish : websocket;
      return target.invoke(event, options);
    },
    log: (entry) => onLog(gatewayLine(entry), { kind: "stack", name: "gateway", level: entry.level }),
  });
  teardown.defer("gateway", () => gateway.stop());

  const addresses = {
    region,
    dynamodbTableName: tableName,
    dynamodbEndpoint: servers.dynamodb.endpoint,
    sqsEndpoint: servers.sqs.endpoint,
    fanoutQueueUrl: servers.fanoutQueueUrl,
    websocketUrl: gateway.websocketUrl,
    managementEndpoint: gateway.managementEndpoint,
  };
  const started = startFunctions(settings, addresses);
  functions = started;
  functionsStarted.resolve(started);

  const mapping = createEventSourceMapping({
    queueUrl: servers.fanoutQueueUrl,
    queueArn: servers.fanoutQueueArn,
    endpoint: servers.sqs.endpoint,
    region,
    credentials: localCredentials,
    batchSize: fanout.batchSize,
    batchWindowMs: fanout.batchWindowMs,
    maximumConcurrency: fanout.maximumConcurrency,
    partialBatchResponses: fanout.partialBatchResponses,
    recursiveLoop: fanout.recursiveLoop,
    invoke(event, invokeOptions) {
      watching?.onBatch(event);
      return started.fanout.invoke(event, invokeOptions);
    },
    onError: (error, stage) =>
      onLog(`${stage}: ${errorMessage(error)}`, { kind: "stack", name: "queue", level: "error" }),
  });
  teardown.defer("event source mapping", () => mapping.stop());

  const http = await startHttp(settings, started.http);
  if (http) teardown.defer("function url", () => http.stop());

  const faults = createLocalFaults({ gateway, servers, mapping, functions: started });
  const lambdaApi = await startFanoutSettingsApi({ settings, queueArn: servers.fanoutQueueArn, faults });
  teardown.defer("lambda api", () => lambdaApi.stop());

  const env = stackEnv(addresses, { stackId: id, lambdaEndpoint: lambdaApi.endpoint, httpUrl: http?.url });
  const usage = (): Usage => collectUsage({ settings, servers, gateway, functions: started });
  const inspector = await watching?.start({
    env,
    usage,
    websocketUrl: gateway.websocketUrl,
    counts: () => gateway.counts(),
    batchesInFlight: () => mapping.stats().inFlight,
  });
  teardown.defer("inspector", () => inspector?.stop());

  return {
    id,
    websocketUrl: gateway.websocketUrl,
    managementEndpoint: gateway.managementEndpoint,
    ...(http && { httpUrl: http.url }),
    ...(inspector && { inspectorUrl: inspector.url }),
    dynamodbTableName: tableName,
    dynamodbEndpoint: servers.dynamodb.endpoint,
    fanoutQueueUrl: servers.fanoutQueueUrl,
    deadLetterQueueUrl: servers.deadLetterQueueUrl,
    env,
    faults,
    setLimits: (limits) => gateway.setLimits(limits),
    stats: () => ({
      gateway: gateway.counts(),
      websocket: started.websocket.stats(),
      fanout: started.fanout.stats(),
      ...(started.publish && { publish: started.publish.stats() }),
      ...(started.http && { http: started.http.stats() }),
      queue: mapping.stats(),
    }),
    usage,
    stop: () => teardown.run(),
  };
}

const toBoth =
  (one: LocalSettings["onLog"], other: LocalSettings["onLog"]): LocalSettings["onLog"] =>
  (line, source) => {
    one(line, source);
    other(line, source);
  };
