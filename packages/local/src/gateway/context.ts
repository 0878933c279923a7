import { createDelays, type Delays } from "../delays.ts";
import { createWebGuard, type WebGuard } from "../web-guard.ts";
import type { Connection } from "./connection.ts";
import { createCounts, type GatewayCounts } from "./counts.ts";
import { createWebsocketEvents, type WebsocketEvents } from "./events.ts";
import { failureText } from "./failure-text.ts";
import type { Faults } from "./faults.ts";
import { createIntegration, type Integration } from "./integration.ts";
import type { GatewayLimits } from "./limits.ts";
import type { ResolvedOptions } from "./options.ts";
import { drawLatencyMs } from "./post-latency.ts";
import { createTokenBucket, type TokenBucket, type TokenBucketSettings } from "./token-bucket.ts";
import type { GatewayLogEntry } from "./types.ts";

/** The state that handshakes and the management API share. */
export interface GatewayContext extends GatewayContextSettings {
  /** Open and closing connections by id. */
  connections: Map<string, Connection>;
  counts: GatewayCounts;
  delays: Delays;
  /** Waits as long as the network would, before a response to a call to `@connections`. */
  waitPostLatency(): Promise<void>;
  integration: Integration;
  events: WebsocketEvents;
  /** What all requests take from: calls to `@connections`, handshakes and client messages. */
  accountBucket: TokenBucket;
  connectBucket: TokenBucket;
  guard: WebGuard;
  log(level: GatewayLogEntry["level"], message: string, fields?: Record<string, unknown>): void;
}

export interface GatewayContextSettings {
  options: ResolvedOptions;
  faults: Faults;
  /** Returns the current limits. */
  limits(): GatewayLimits;
  domainName: string;
}

export function createContext(settings: GatewayContextSettings): GatewayContext {
  const { options, limits, domainName } = settings;
  const counts = createCounts();
  const log: GatewayContext["log"] = (level, message, fields) => options.log?.({ level, message, ...fields });
  const integration = createIntegration({
    invoke: options.invoke,
    timeoutMs: options.integrationTimeoutMs,
    onFailure({ requestContext }, failure) {
      const { routeKey, connectionId } = requestContext;
      counts.integrationErrors += 1;
      const message = failureText(requestContext, failure, options.integrationTimeoutMs);
      log("warn", message, { routeKey, connectionId, reason: failure.reason });
    },
  });
  const delays = createDelays();
  return {
    ...settings,
    connections: new Map<string, Connection>(),
    counts,
    delays,
    guard: createWebGuard(options),
    waitPostLatency: () => delays.wait(drawLatencyMs(options.postLatencyMs)),
    integration,
    events: createWebsocketEvents({ domainName, stage: options.stage }),
    accountBucket: createTokenBucket(accountBucketOf(limits())),
    connectBucket: createTokenBucket(connectBucketOf(limits())),
    log,
  };
}

export function accountBucketOf({ postsPerSecond, postBurst }: GatewayLimits): TokenBucketSettings {
  return { ratePerSecond: postsPerSecond, burst: postBurst };
}

export function connectBucketOf({ connectsPerSecond, connectBurst }: GatewayLimits): TokenBucketSettings {
  return { ratePerSecond: connectsPerSecond, burst: connectBurst };
}
