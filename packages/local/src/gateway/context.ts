import { createDelays, type Delays } from "../delays.ts";
import type { Connection } from "./connection.ts";
import { createCounts, type GatewayCounts } from "./counts.ts";
import { createWebsocketEvents, type WebsocketEvents } from "./events.ts";
import { failureText } from "./failure-text.ts";
import type { Faults } from "./faults.ts";
import { createIntegration, type Integration } from "./integration.ts";
import type { GatewayLimits } from "./limits.ts";
import type { ResolvedOptions } from "./options.ts";
import { createTokenBucket, type TokenBucket, type TokenBucketSettings } from "./token-bucket.ts";
import type { GatewayLogEntry } from "./types.ts";

/** The state that handshakes and the management API share. */
export interface GatewayContext extends GatewayContextSettings {
  /** Open and closing connections by id. */
  connections: Map<string, Connection>;
  counts: GatewayCounts;
  delays: Delays;
  integration: Integration;
  events: WebsocketEvents;
  postBucket: TokenBucket;
  connectBucket: TokenBucket;
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
    onFailure({ requestContext: { routeKey, connectionId } }, failure) {
      counts.integrationErrors += 1;
      const message = failureText(routeKey, failure, options.integrationTimeoutMs);
      log("warn", message, { routeKey, connectionId, reason: failure.reason });
    },
  });
  return {
    ...settings,
    connections: new Map<string, Connection>(),
    counts,
    delays: createDelays(),
    integration,
    events: createWebsocketEvents({ domainName, stage: options.stage }),
    postBucket: createTokenBucket(postBucketOf(limits())),
    connectBucket: createTokenBucket(connectBucketOf(limits())),
    log,
  };
}

export function postBucketOf({ postsPerSecond, postBurst }: GatewayLimits): TokenBucketSettings {
  return { ratePerSecond: postsPerSecond, burst: postBurst };
}

export function connectBucketOf({ connectsPerSecond, connectBurst }: GatewayLimits): TokenBucketSettings {
  return { ratePerSecond: connectsPerSecond, burst: connectBurst };
}
