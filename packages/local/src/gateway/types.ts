import type { GatewayCounts } from "./counts.ts";
import type { WebsocketEvent } from "./event-types.ts";
import type { GatewayFaults, InitialFaults } from "./fault-types.ts";
import type { GatewayLimits } from "./limits.ts";
import type { PostLatency } from "./post-latency.ts";
import type { GatewayCredentials } from "./signature.ts";

export interface GatewayOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: a free port. */
  port?: number;
  /** Default `$default`, as SST names it. */
  stage?: string;
  /** The region that calls to `@connections` must be signed for. */
  region: string;
  credentials: GatewayCredentials;
  /** Default: AWS's quotas. */
  limits?: Partial<GatewayLimits>;
  /**
   * How long to wait before each response to an `@connections` call, to imitate a network: a number, or `{ min, max }` for
   * a random one. Default 0. A post within a Region takes about 10 to 30 ms.
   */
  postLatencyMs?: PostLatency;
  /**
   * Every Nth response to an `@connections` call ends its HTTP connection with `Connection: close`, as AWS does now and
   * then. With 0 no response does. Default 1,000.
   */
  closeEveryResponses?: number;
  /**
   * How long an HTTP connection may be idle until the gateway closes it, without an announcement. Default 60,000, which is
   * the default of AWS's load balancers. AWS documents no time for API Gateway.
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
   */
  httpIdleMs?: number;
  /**
   * The routes of clients' messages, which `$request.body.action` selects: `$default`, and keys of your own. Default
   * `["$default"]`. Without `$default`, a message that fits no route gets "Forbidden".
   */
  routes?: readonly string[];
  /** Default 29,000, API Gateway's maximum. */
  integrationTimeoutMs?: number;
  /** The fault rules that exist from the start. `Gateway.faults` adds more. */
  faults?: InitialFaults;
  /**
   * The Lambda integration of all routes; `event.requestContext.routeKey` names the route. The signal aborts when the gateway stops
   * waiting for the result: an invocation that has not begun can be skipped.
   */
  invoke(event: WebsocketEvent, options: { signal: AbortSignal }): Promise<unknown>;
  /** Called for every POST when its outcome is known. */
  onPost?(record: PostRecord): void;
  /** Names that the Host header may have, besides localhost and addresses. Default: only `host`. */
  allowedHosts?: readonly string[];
  /** Origins whose pages may connect, besides those of this machine. Default: none. */
  allowedOrigins?: readonly string[];
  /** The id that the gateway returns at `STACK_PATH`. Absent: that path is like any other. */
  stackId?: string;
  log?(entry: GatewayLogEntry): void;
}

export interface Gateway {
  port: number;
  /** `127.0.0.1:PORT`, the same as in the request context of the events. */
  domainName: string;
  stage: string;
  /** Handshakes are accepted at `/` and `/{stage}`, raw or percent-encoded. */
  websocketUrl: string;
  /** Callers append `/@connections/{connectionId}`. Stage and id may be raw or percent-encoded. */
  managementEndpoint: string;
  faults: GatewayFaults;
  /** Returns the ids of the connections that are open now. */
  connectionIds(): string[];
  counts(): GatewayCounts;
  /** Closes a connection from the server's side with `code`, default 1001. 1006 breaks it without a close frame. */
  disconnect(connectionId: string, code?: number): void;
  /** Changes limits. Open connections get the new limits too. */
  setLimits(limits: Partial<GatewayLimits>): void;
  /** Closes every socket and the server. Pending invocations are abandoned, and no `$disconnect` is sent. */
  stop(): Promise<void>;
}

export interface PostRecord {
  atMs: number;
  connectionId: string;
  /** The status of the response. 0 if a fault sent none: it reset the socket, let it hang or cut the response. */
  status: number;
  bytes: number;
  /** True if the frame was passed to the socket. As on AWS, that does not mean that it arrives. */
  delivered: boolean;
  /** The posted body. Absent if it was too large. */
  body?: Buffer;
  /** The session token that the POST was signed with, as in `PostSubject`. */
  caller: string;
  /** Distinguishes the causes of a 429, and an injected response from a real one. */
  cause?: "account" | "connection" | "fault";
}

export interface GatewayLogEntry {
  level: "info" | "warn" | "error";
  message: string;
  [field: string]: unknown;
}
