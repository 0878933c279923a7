import { createBoundedMap } from "../../core/bounded-map.ts";
import { errorMessage } from "../../core/error-message.ts";
import type { Observe } from "../../core/pipeline-events.ts";
import type { Connections, Disconnect, PostResult } from "../../core/ports.ts";
import type { Consumer } from "../../core/types.ts";
import { readTransport } from "../sdk/transport-switch.ts";
import type { CallerIdentity } from "../transport/identity.ts";
import { connectionIdProblem, createRoutes, type ManagementEndpoint } from "./endpoint-routes.ts";
import { createPostClient, hasNoConnection, type PostClient, type PostClientOptions } from "./post-client.ts";
import { createSdkDisconnect, type SdkDisconnect } from "./sdk-disconnect.ts";

/** An API, named by its domain and stage, and where posts to its connections go. */
interface Api {
  endpoint: string;
  isDefault?: true;
  /** Whether the endpoint is known to be this API's: only then does a 410 say that a connection is gone. */
  proven: boolean;
}

/** What sends requests to one endpoint. */
interface Clients {
  post: PostClient;
  disconnect: SdkDisconnect;
}

type PostArguments = Parameters<Connections["post"]>;

/** More than a process has APIs. A forgotten one is looked up and proven again. */
const APIS_MAX = 1_000;

/**
 * Posts to `@connections`, one try a call. The fan-out decides whether to try again. Throws `INVALID_ARGUMENT` if the
 * environment names an unknown transport.
 *
 * A 410 is `gone` only if it comes from the consumer's own API. The configuration or the endpoint's name shows that, or
 * a 200: an endpoint that delivered to a connection of an API is that API's. Otherwise a connection that is open at
 * another API would lose its subscriptions (docs/decisions/0016-endpoint-of-a-410.md).
 */
export function createManagementConnections(
  managementEndpoint: ManagementEndpoint | undefined,
  identity: CallerIdentity,
  observe: Observe,
): Connections & { disconnect: Disconnect } {
  const options: PostClientOptions = {
    transport: readTransport(),
    onDisabled: (disabled) => observe({ event: "direct-path-disabled", ...disabled }),
  };
  const routeOf = createRoutes(managementEndpoint);
  /** One for each endpoint, for the life of the process, so that its connections stay warm. */
  const clients = new Map<string, Clients>();
  const apis = createBoundedMap<Api>(APIS_MAX);

  function lookUp(consumer: Consumer): Api {
    const key = keyOf(consumer);
    const known = apis.get(key);
    if (known) return known;
    const { isOwn, ...route } = routeOf(consumer);
    const api = { ...route, proven: isOwn };
    apis.set(key, api);
    return api;
  }

  /** Throws for a consumer to which nothing may be sent. */
  function apiOf(consumer: Consumer): Api {
    const api = lookUp(consumer);
    const problem = api.isDefault && connectionIdProblem(consumer.connectionId);
    if (problem) throw new TypeError(problem);
    return api;
  }

  function clientsOf({ endpoint }: Api): Clients {
    const known = clients.get(endpoint);
    if (known) return known;
    const created: Clients = {
      post: createPostClient(endpoint, identity, options),
      disconnect: createSdkDisconnect(endpoint, identity),
    };
    clients.set(endpoint, created);
    return created;
  }

  async function postUnproven(api: Api, ...[consumer, frame, options]: PostArguments): Promise<PostResult> {
    const result = await clientsOf(api).post(consumer.connectionId, frame, options);
    if (result.outcome === "delivered") api.proven = true;
    // No API has such a connection, and nothing was posted
    const isCertain = api.proven || hasNoConnection(consumer.connectionId);
    return result.outcome === "gone" && !isCertain ? unproven(api, consumer) : result;
  }

  return {
    post(consumer, frame, options) {
      try {
        const api = apiOf(consumer);
        if (api.proven) return clientsOf(api).post(consumer.connectionId, frame, options);
        return postUnproven(api, consumer, frame, options);
      } catch (error) {
        return Promise.resolve(unsendable(error));
      }
    },
    whyNotPosted(consumer) {
      try {
        apiOf(consumer);
        return undefined;
      } catch (error) {
        return errorMessage(error);
      }
    },
    async disconnect(consumer) {
      try {
        return await clientsOf(apiOf(consumer)).disconnect(consumer.connectionId);
      } catch (error) {
        return { outcome: "failed", reason: errorMessage(error) };
      }
    },
    isProven: (consumer) => apis.get(keyOf(consumer))?.proven ?? false,
  };
}

/** With the length, two different pairs never have the same key, whatever they contain. */
const keyOf = ({ domainName, stage }: Consumer): string => `${stage.length}/${domainName}/${stage}`;

const nameOf = ({ domainName, stage }: Consumer): string => `${domainName}/${stage}`;

/** The consumer's address does not make a request, and trying again would not change that. */
const unsendable = (error: unknown): PostResult => ({
  outcome: "failed",
  retryable: false,
  reason: errorMessage(error),
});

/** Retried, because any delivery to the same API proves the endpoint. */
const unproven = ({ endpoint }: Api, consumer: Consumer): PostResult => ({
  outcome: "failed",
  kind: "unproven-gone",
  retryable: true,
  reason: `410 from ${endpoint}, which is not known to be the endpoint of ${nameOf(consumer)}`,
});
