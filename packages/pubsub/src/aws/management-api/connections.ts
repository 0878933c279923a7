import { errorMessage } from "../../core/error-message.ts";
import type { Observe } from "../../core/pipeline-events.ts";
import type { Connections, PostResult } from "../../core/ports.ts";
import type { Consumer } from "../../core/types.ts";
import { configuredEndpoint } from "../sdk/configured-endpoint.ts";
import { readTransport } from "../sdk/transport-switch.ts";
import type { CallerIdentity } from "../transport/identity.ts";
import { createPostClient, type PostClient, type PostClientOptions } from "./post-client.ts";

/**
 * Posts to `@connections`, one try a call. The fan-out decides whether to try again. Throws `INVALID_ARGUMENT` if the
 * environment names an unknown transport.
 */
export function createManagementConnections(
  managementEndpoint: string | undefined,
  identity: CallerIdentity,
  observe: Observe,
): Connections {
  const options: PostClientOptions = {
    transport: readTransport(),
    onDisabled: (disabled) => observe({ event: "direct-path-disabled", ...disabled }),
  };
  /** One for each endpoint, for the life of the process, so that its connections stay warm. */
  const clients = new Map<string, PostClient>();

  function clientFor(consumer: Consumer): PostClient {
    const configured = managementEndpoint ?? configuredEndpoint("APIGATEWAYMANAGEMENTAPI");
    const endpoint = configured ?? endpointOf(consumer);
    const known = clients.get(endpoint);
    if (known) return known;
    if (configured === undefined) assertItsOwn(endpoint, consumer);
    const client = createPostClient(endpoint, identity, options);
    clients.set(endpoint, client);
    return client;
  }

  return {
    post(consumer, frame, options) {
      try {
        return clientFor(consumer)(consumer.connectionId, frame, options);
      } catch (error) {
        return Promise.resolve(unsendable(error));
      }
    },
  };
}

const endpointOf = ({ domainName, stage }: Consumer): string => `https://${domainName}/${stage}`;

/** https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html */
const STAGE = /^(?:\$default|[\w-]+)$/;

/** Without this check, a stage like `..` or a domain name with a path would lead posts to another endpoint. */
function assertItsOwn(endpoint: string, { domainName, stage }: Consumer): void {
  const { host, pathname } = new URL(endpoint);
  if (host === domainName.toLowerCase() && pathname === `/${stage}` && STAGE.test(stage)) return;
  throw new TypeError(`no endpoint: https://${domainName}/${stage}`);
}

/** The consumer's address does not make a request, and trying again would not change that. */
const unsendable = (error: unknown): PostResult => ({
  outcome: "failed",
  retryable: false,
  reason: errorMessage(error),
});
