import type { Usage } from "../cost/index.ts";
import { createCapacityMeter } from "./proxy/capacity-meter.ts";
import { startForwardingProxy } from "./proxy/forwarding-proxy.ts";

export interface MeteredDynamodb {
  endpoint: string;
  usage(): Usage["dynamodb"];
  stop(): Promise<void>;
}

export interface MeteredDynamodbOptions {
  host: string;
  /** Absent: a free one. */
  port: number | undefined;
  /** The server behind it. */
  upstream: string;
}

/** An address that counts the capacity units of the calls it hands to a DynamoDB Local. */
export async function startMeteredDynamodb(options: MeteredDynamodbOptions): Promise<MeteredDynamodb> {
  const meter = createCapacityMeter();
  const proxy = await startForwardingProxy({ ...options, hooks: meter });
  return { ...proxy, usage: meter.usage };
}
