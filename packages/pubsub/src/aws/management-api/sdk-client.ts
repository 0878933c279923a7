import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { errorMessage } from "../../core/error-message.ts";
import type { CredentialsCache } from "../transport/credentials-cache.ts";
import type { Endpoint } from "../transport/endpoints.ts";

/** The same limit as for direct posts. */
const CONNECT_MS_MAX = 5_000;
const RESPONSE_MS_MAX = 30_000;

/** The limiter of the fan-out never uses more. */
const SOCKETS_MAX = 256;
const timeLimits = {
  connectionTimeout: CONNECT_MS_MAX,
  requestTimeout: RESPONSE_MS_MAX,
  throwOnRequestTimeout: true,
};

type SdkModule = typeof import("@aws-sdk/client-apigatewaymanagementapi");

export interface Sdk extends Pick<SdkModule, "PostToConnectionCommand" | "DeleteConnectionCommand"> {
  client: ApiGatewayManagementApiClient;
}

/** Returns a function that loads the SDK's client for an endpoint, once. */
export function createSdkLoader(endpoint: Endpoint, credentials: CredentialsCache): () => Promise<Sdk> {
  let loading: Promise<Sdk> | undefined;

  /** Most processes never need the client, and a static import would cost all of them its time to load. */
  async function load(): Promise<Sdk> {
    const [
      { ApiGatewayManagementApiClient, PostToConnectionCommand, DeleteConnectionCommand },
      { createFreshAgents },
    ] = await Promise.all([
      import("@aws-sdk/client-apigatewaymanagementapi"),
      import("../sdk/fresh-agents.ts"),
    ]);
    const { secure, host, path, region } = endpoint;
    const { guard, ...agents } = createFreshAgents(SOCKETS_MAX);
    const client = new ApiGatewayManagementApiClient({
      // The fan-out decides whether to try again
      maxAttempts: 1,
      requestHandler: { ...timeLimits, ...agents },
      endpoint: `${secure ? "https" : "http"}://${host}${path}`,
      region: region ?? (() => credentials.region()),
      credentials: async () => ({ ...(await currentIdentity(credentials)), expiration: ASK_EACH_TIME }),
    });
    guard(client);
    return { client, PostToConnectionCommand, DeleteConnectionCommand };
  }

  return () => {
    loading ??= load();
    return loading;
  };
}

/** The SDK marks a refusal from which it learned the service's time. With one attempt it does not use what it learned. */
export const wasClockCorrected = (error: unknown): boolean =>
  Boolean((Object(error) as { $metadata?: { clockSkewCorrected?: boolean } }).$metadata?.clockSkewCorrected);

/** The SDK would keep credentials without an end for ever. The cache decides how long it uses them. */
const ASK_EACH_TIME = new Date(0);

async function currentIdentity(cache: CredentialsCache) {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = cache.current() ?? (await cache.renew());
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  } catch (cause) {
    throw Object.assign(new Error(errorMessage(cause), { cause }), { name: "CredentialsProviderError" });
  }
}
