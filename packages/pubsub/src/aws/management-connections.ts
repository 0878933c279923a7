import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import type { Connections, PostResult } from "../ports.ts";
import type { Consumer } from "../types.ts";
import { configuredEndpoint } from "./configured-endpoint.ts";

/** Sockets kept open to one endpoint; beyond, posts wait in the client. Ours: what the limiter asks for at most. */
const SOCKETS_MAX = 256;
const CONNECT_TIMEOUT_MS = 2_000;
/** Ours: a post that takes longer is not coming back; API Gateway answers within a few dozen milliseconds. */
const POST_TIMEOUT_MS = 5_000;

/** Clients live as long as the process: one an endpoint, so that its connections stay warm. */
const clients = new Map<string, ApiGatewayManagementApiClient>();

/** Posts through the SDK's client, one try a call; whether to try again is the fan-out's to say. */
export function createManagementConnections(managementEndpoint: string | undefined): Connections {
  return {
    async post(consumer, { body }) {
      const client = clientFor(
        managementEndpoint ?? configuredEndpoint("APIGATEWAYMANAGEMENTAPI") ?? endpointOf(consumer),
      );
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: consumer.connectionId, Data: body }));
        return { outcome: "delivered" };
      } catch (error) {
        return outcomeOf(error);
      }
    },
  };
}

const endpointOf = ({ domainName, stage }: Consumer): string =>
  `https://${domainName}/${encodeURIComponent(stage)}`;

function clientFor(endpoint: string): ApiGatewayManagementApiClient {
  const known = clients.get(endpoint);
  if (known) return known;
  const agent = { keepAlive: true, maxSockets: SOCKETS_MAX };
  const config: ApiGatewayManagementApiClientConfig = {
    endpoint,
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: POST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
  const client = new ApiGatewayManagementApiClient(config);
  clients.set(endpoint, client);
  return client;
}

const GONE = 410;
const THROTTLED = 429;
const BAD_REQUEST = 400;
const PAYLOAD_TOO_LARGE = 413;

function outcomeOf(error: unknown): PostResult {
  const { name, message } =
    error instanceof Error ? error : { name: "unknown error", message: String(error) };
  const status = (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata
    ?.httpStatusCode;
  if (status === GONE || name === "GoneException") return { outcome: "gone" };
  // An id that API Gateway never gave out; no such connection will ever exist
  if (status === BAD_REQUEST && /connection ?id/i.test(message)) return { outcome: "gone" };
  if (status === THROTTLED || name === "LimitExceededException") return { outcome: "throttled" };
  const reason = status === undefined ? name : `${status} ${name}`;
  return { outcome: "failed", retryable: status !== BAD_REQUEST && status !== PAYLOAD_TOO_LARGE, reason };
}
