import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { errorMessage } from "../../core/error-message.ts";
import type { PostResult } from "../../core/ports.ts";
import type { CredentialsCache } from "../transport/credentials-cache.ts";
import type { Endpoint } from "../transport/endpoints.ts";
import { failureOfSdk } from "./sdk-failure.ts";

/** Posts to one endpoint with the SDK's client, one try a call. It never rejects. */
export type SdkPost = (
  connectionId: string,
  data: Uint8Array,
  giveUpAfterMs: number | undefined,
) => Promise<PostResult>;

/** The same limit as for direct posts. */
const CONNECT_MS_MAX = 5_000;
const RESPONSE_MS_MAX = 30_000;

/** The fan-out decides whether to try again; more connections than its limiter uses are not needed. */
const SETTINGS = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: CONNECT_MS_MAX,
    requestTimeout: RESPONSE_MS_MAX,
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets: 256 },
    httpsAgent: { keepAlive: true, maxSockets: 256 },
  },
};

interface Sdk {
  client: ApiGatewayManagementApiClient;
  PostToConnectionCommand: typeof import("@aws-sdk/client-apigatewaymanagementapi").PostToConnectionCommand;
}

export function createSdkPost(endpoint: Endpoint, credentials: CredentialsCache): SdkPost {
  let loading: Promise<Sdk> | undefined;

  /** Most processes never need the client, and a static import would cost all of them its time to load. */
  async function load(): Promise<Sdk> {
    const { ApiGatewayManagementApiClient, PostToConnectionCommand } = await import(
      "@aws-sdk/client-apigatewaymanagementapi"
    );
    const { secure, host, path, region } = endpoint;
    const client = new ApiGatewayManagementApiClient({
      ...SETTINGS,
      endpoint: `${secure ? "https" : "http"}://${host}${path}`,
      region: region ?? (() => credentials.region()),
      credentials: async () => ({ ...(await currentIdentity(credentials)), expiration: ASK_EACH_TIME }),
    });
    return { client, PostToConnectionCommand };
  }

  return async (ConnectionId, Data, giveUpAfterMs) => {
    const abort = new AbortController();
    const timer = giveUpAfterMs === undefined ? undefined : setTimeout(() => abort.abort(), giveUpAfterMs);
    try {
      loading ??= load();
      const { client, PostToConnectionCommand } = await loading;
      const command = new PostToConnectionCommand({ ConnectionId, Data });
      await client.send(command, { abortSignal: abort.signal });
      return { outcome: "delivered" };
    } catch (error) {
      if (!abort.signal.aborted) return failureOfSdk(error);
      const reason = `no response within ${Math.round(giveUpAfterMs ?? 0)} ms`;
      return { outcome: "failed", kind: "no-answer", retryable: true, reason };
    } finally {
      clearTimeout(timer);
    }
  };
}

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
