import type { Usage } from "../cost/index.ts";
import type { DynamodbFault } from "../faults/call-fault-types.ts";
import type { CallFaults } from "../faults/call-faults.ts";
import { type OnEvents, tapEvents } from "../inspector/event-tap.ts";
import { createWebGuard, type WebGuard } from "../web-guard.ts";
import { createDynamodbFaults } from "./dynamodb-faults.ts";
import { createCapacityMeter } from "./proxy/capacity-meter.ts";
import { startForwardingProxy } from "./proxy/forwarding-proxy.ts";

export interface MeteredDynamodb {
  endpoint: string;
  faults: Pick<CallFaults<DynamodbFault>, "add" | "clear">;
  usage(): Usage["dynamodb"];
  stop(): Promise<void>;
}

export interface MeteredDynamodbOptions {
  host: string;
  /** Undefined: a free port. */
  port: number | undefined;
  /** The server that calls are forwarded to. */
  upstream: string;
  /** The Host header of forwarded calls. Default: the caller's. */
  upstreamHost?: string | undefined;
  /** Default: one that allows only localhost and addresses. */
  guard?: WebGuard | undefined;
  /** Receives the events that calls append to topic logs. */
  onEvents?: OnEvents | undefined;
}

/** Starts a proxy that counts the capacity units of the calls it forwards to DynamoDB Local, and injects faults. */
export async function startMeteredDynamodb({
  guard = createWebGuard(),
  upstreamHost,
  onEvents,
  ...options
}: MeteredDynamodbOptions): Promise<MeteredDynamodb> {
  const meter = createCapacityMeter();
  const faults = createDynamodbFaults();
  const { intervene } = faults;
  const hooks = onEvents ? tapEvents(meter, onEvents) : meter;
  const proxy = await startForwardingProxy({ ...options, upstreamHost, guard, hooks, intervene });
  return { ...proxy, faults, usage: meter.usage };
}
