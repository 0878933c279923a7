import type { GatewayCounts } from "./counts.ts";
import type { WebsocketEvent } from "./event-types.ts";
import type { GatewayFaults, InitialFaults } from "./fault-types.ts";
import type { GatewayLimits } from "./limits.ts";
import type { PostLatency } from "./post-latency.ts";
import type { GatewayCredentials } from "./signature.ts";

export interface GatewayOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0, a free one. */
  port?: number;
  /** Default `$default`, as SST names it. */
  stage?: string;
  /** What calls to `@connections` must be signed for. */
  region: string;
  credentials: GatewayCredentials;
  /** Default AWS's quotas. */
  limits?: Partial<GatewayLimits>;
  /**
   * Waited before each answer to an `@connections` call, as a network would: a number, or `{ min, max }` for a random one.
   * Default 0. A post within a Region takes about 10 to 30 ms.
   */
  postLatencyMs?: PostLatency;
  /**
   * Every Nth response to an `@connections` call ends its HTTP connection with `Connection: close`, as AWS does now and
   * then. 0: none does. Default 1,000.
   */
  closeEveryResponses?: number;
  /**
   * How long an HTTP connection may be idle until the gateway closes it, without an announcement. Default 60,000, as of
   * AWS's load balancers; AWS documents no time for API Gateway.
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
   */
  httpIdleMs?: number;
  /** Default 29,000, API Gateway's maximum. */
  integrationTimeoutMs?: number;
  /** Rules to start with; `Gateway.faults` takes more. */
  faults?: InitialFaults;
  /**
   * The Lambda integration of `$connect`, `$default` and `$disconnect`. The signal is aborted when no caller
   * waits for the result any more: an invocation that has not begun can be skipped.
   */
  invoke(event: WebsocketEvent, options: { signal: AbortSignal }): Promise<unknown>;
  /** Called for every POST when its outcome is known. */
  onPost?(record: PostRecord): void;
  /** Returned at `STACK_PATH`; absent: that path is answered as any other. */
  stackId?: string;
  log?(entry: GatewayLogEntry): void;
}

export interface Gateway {
  port: number;
  /** `127.0.0.1:PORT`, as in the events' request context. */
  domainName: string;
  stage: string;
  /** Handshakes are accepted at `/` and `/{stage}`, raw or percent-encoded. */
  websocketUrl: string;
  /** Callers append `/@connections/{connectionId}`. Stage and id may be raw or percent-encoded. */
  managementEndpoint: string;
  faults: GatewayFaults;
  /** Of the connections open now. */
  connectionIds(): string[];
  counts(): GatewayCounts;
  /** Cuts a connection from the server's side; `code` 1006 breaks it off without a close frame. Default 1001. */
  disconnect(connectionId: string, code?: number): void;
  /** Takes effect on what comes next, open connections included. */
  setLimits(limits: Partial<GatewayLimits>): void;
  /** Closes every socket and the server. Pending invocations are abandoned, and no `$disconnect` is sent. */
  stop(): Promise<void>;
}

export interface PostRecord {
  atMs: number;
  connectionId: string;
  /** 0 when nothing was answered: reset or left hanging by a fault. */
  status: number;
  bytes: number;
  /** Whether the frame was handed to the socket; whether it arrives is the network's affair, as on AWS. */
  delivered: boolean;
  /** What was posted; absent when it was too large to be looked at. */
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
