import { createDynamodbLedger } from "../aws/dynamodb/ledger.ts";
import { withLegacySubscriptions } from "../aws/dynamodb/legacy-subscriptions.ts";
import { createDynamodbSpending } from "../aws/dynamodb/spending.ts";
import { createDynamodbSubscriptions } from "../aws/dynamodb/subscriptions.ts";
import { createDynamodbTopicLog } from "../aws/dynamodb/topic-log.ts";
import { createManagementConnections } from "../aws/management-api/connections.ts";
import { dynamodbClient, processIdentity, sqsClient } from "../aws/sdk/clients.ts";
import { createSqsFanoutQueue } from "../aws/sqs/fanout-queue.ts";
import { createBoundedMap } from "../core/bounded-map.ts";
import { inTurn } from "../core/delivery/in-turn.ts";
import { createLimiter, type Limiter } from "../core/delivery/limiter.ts";
import { createLimiters, type LimiterOf } from "../core/delivery/limiters.ts";
import { createPostCeiling } from "../core/delivery/post-ceiling.ts";
import { createInProcessQueue } from "../core/fanout/in-process-queue.ts";
import { createInlineFanout } from "../core/fanout/inline-fanout.ts";
import { FANOUT_SETTINGS_DEFAULT } from "../core/fanout/worker.ts";
import type { LogSettings } from "../core/log/log-settings.ts";
import type { Observe } from "../core/pipeline-events.ts";
import type { HandlerPorts } from "../core/ports.ts";
import { createPublisher, type Publisher } from "../core/publish/publish.ts";
import { systemClock } from "../core/system-clock.ts";
import { createLoad } from "../observe/load.ts";
import { openTelemetryTracing } from "../observe/opentelemetry.ts";
import { producerObserver } from "../observe/powertools.ts";
import { type PubsubConfig, type ResolvedConfig, resolveConfig } from "./config.ts";

/** What one configuration needs: the ports, the limiters and the functions that publish. */
export interface Pubsub extends Publisher {
  config: ResolvedConfig;
  logSettings: LogSettings;
  ports: HandlerPorts;
  limiterOf: LimiterOf;
}

export interface PostingOptions {
  /** How many posts of this process may begin in a second, whatever their domains. */
  maxPostsPerSecond?: number | undefined;
}

export function createPubsub(
  config: PubsubConfig,
  observe: Observe,
  { maxPostsPerSecond }: PostingOptions = {},
): Pubsub {
  const resolved = resolveConfig(config);
  const { dynamodbTableName: tableName } = resolved;
  const logSettings: LogSettings = { retentionSeconds: resolved.eventRetentionSeconds };
  const clock = systemClock;
  const table = { client: dynamodbClient(observe), tableName };
  const ceiling =
    maxPostsPerSecond === undefined ? undefined : createPostCeiling(maxPostsPerSecond, clock.now());
  const newLimiter = (): Limiter => createLimiter(clock, { load: createLoad(), ceiling });
  const { managementEndpoint, compressEvents, hotTopics, legacySubscriptions } = resolved;
  const subscriptions = createDynamodbSubscriptions(table, clock, hotTopics ? { observe } : undefined);
  // All posts go to this endpoint, whatever domain a consumer names
  const only = typeof managementEndpoint === "string" ? newLimiter() : undefined;
  const limiterOf = only ? () => only : createLimiters(newLimiter);
  const connections = createManagementConnections(managementEndpoint, processIdentity, observe);
  const parts = {
    log: createDynamodbTopicLog(table, clock, { compressEvents }),
    subscriptions: legacySubscriptions ? withLegacySubscriptions(subscriptions, table, clock) : subscriptions,
    connections: inTurn(connections),
    disconnect: connections.disconnect,
    ledger: createDynamodbLedger(table, { clock, ...logSettings }),
    spending: createDynamodbSpending(table),
    clock,
    observe,
    tracing: openTelemetryTracing(),
  };
  const { fanoutQueueUrl: queueUrl, inlineFanoutMax } = resolved;
  const worker = { ...parts, limiterOf, settings: FANOUT_SETTINGS_DEFAULT };
  const queue =
    queueUrl === undefined
      ? createInProcessQueue(worker)
      : createSqsFanoutQueue({ client: sqsClient(observe), queueUrl }, clock);
  const ports: HandlerPorts = { ...parts, queue };
  const isInline = inlineFanoutMax > 0 && queue.durable;
  const inline = isInline ? createInlineFanout({ ...worker, queue }, inlineFanoutMax) : undefined;
  return {
    config: resolved,
    logSettings,
    ports,
    limiterOf,
    ...createPublisher(ports, logSettings, inline),
  };
}

/** Enough for a process with one table per tenant. A configuration that was dropped is created again. */
const IN_USE_MAX = 100;
/** Keyed by the values of the configuration: calls with equal ones share appends, limits and connections. */
const inUse = createBoundedMap<Pubsub>(IN_USE_MAX);

export function pubsubOf(config: PubsubConfig): Pubsub {
  const resolved = resolveConfig(config);
  const key = JSON.stringify(Object.values(resolved).map((value) => value ?? null));
  const known = inUse.get(key);
  if (known) return known;
  const pubsub = createPubsub(config, producerObserver(resolved.logDeliveries));
  inUse.set(key, pubsub);
  return pubsub;
}
