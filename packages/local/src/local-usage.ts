import type { Usage } from "./cost/index.ts";
import type { Gateway } from "./gateway/index.ts";
import type { LocalSettings } from "./local-options.ts";
import type { FunctionName, Functions } from "./start-functions.ts";
import type { LocalServers } from "./start-servers.ts";
import type { FunctionHost } from "./workers/index.ts";

const MS_PER_MINUTE = 60_000;
const MB_PER_GB = 1_024;

export interface MeteredParts {
  settings: LocalSettings;
  servers: LocalServers;
  gateway: Gateway;
  functions: Functions;
}

/** Collects what the parts of the stack have counted, in the units of AWS's bill. */
export function collectUsage({ settings, servers, gateway, functions }: MeteredParts): Usage {
  const { meteredMessages, connectionMs, sentBytes: bytesOut } = gateway.counts();
  const lambda = { requests: 0, gbSeconds: 0 };
  const logs = { bytes: 0 };
  for (const [name, host] of Object.entries(functions) as [FunctionName, FunctionHost][]) {
    const { invocations, durationsMs, logBytes } = host.stats();
    lambda.requests += invocations;
    lambda.gbSeconds += (durationsMs.billed / 1_000) * (settings[name].memoryMb / MB_PER_GB);
    logs.bytes += logBytes;
  }
  return {
    apiGateway: { messages: meteredMessages, connectionMinutes: connectionMs / MS_PER_MINUTE, bytesOut },
    sqs: servers.sqs.usage(),
    dynamodb: servers.dynamodb.usage(),
    lambda,
    logs,
  };
}
