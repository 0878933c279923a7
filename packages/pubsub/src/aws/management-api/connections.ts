import { errorMessage } from "../../core/error-message.ts";
import type { Connections, PostResult } from "../../core/ports.ts";
import type { Consumer } from "../../core/types.ts";
import { configuredEndpoint } from "../sdk/configured-endpoint.ts";
import type { CallerIdentity } from "../transport/signing.ts";
import { createPostClient, type PostClient } from "./post-client.ts";

/** Posts to `@connections`, one try a call; whether to try again is the fan-out's to say. */
export function createManagementConnections(
  managementEndpoint: string | undefined,
  identity: CallerIdentity,
): Connections {
  /** One an endpoint, for the life of the process, so that its connections stay warm. */
  const clients = new Map<string, PostClient>();

  function clientFor(consumer: Consumer): PostClient {
    const configured = managementEndpoint ?? configuredEndpoint("APIGATEWAYMANAGEMENTAPI");
    const endpoint = configured ?? endpointOf(consumer);
    const known = clients.get(endpoint);
    if (known) return known;
    if (configured === undefined) assertItsOwn(endpoint, consumer);
    const client = createPostClient(endpoint, identity);
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

const endpointOf = ({ domainName, stage }: Consumer): string =>
  `https://${domainName}/${encodeURIComponent(stage)}`;

/** A stage like `..` or a domain name with a path in it would have others' endpoints posted to. */
function assertItsOwn(endpoint: string, { domainName, stage }: Consumer): void {
  const { host, pathname } = new URL(endpoint);
  if (host === domainName.toLowerCase() && pathname === `/${encodeURIComponent(stage)}` && stage !== "")
    return;
  throw new TypeError(`no endpoint: https://${domainName}/${stage}`);
}

/** A consumer whose address makes no request: nothing that could be tried again would be another one. */
const unsendable = (error: unknown): PostResult => ({
  outcome: "failed",
  retryable: false,
  reason: errorMessage(error),
});
