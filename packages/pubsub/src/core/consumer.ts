import { assertConsumer } from "./ids.ts";
import { checkOptions, invalid } from "./options/check-options.ts";
import { checkedLater } from "./options/option-rules.ts";
import type { Consumer } from "./types.ts";

/** Returns the text that identifies a consumer in keys, cursors and logs. */
export const consumerId = ({ domainName, stage, connectionId }: Consumer): string =>
  `${domainName}/${stage}/${connectionId}`;

/** The part of an API Gateway WebSocket event that names the connection. */
export interface EventWithConnection {
  requestContext: {
    domainName?: string | undefined;
    stage?: string | undefined;
    connectionId?: string | undefined;
  };
}

/**
 * Returns the connection that an API Gateway WebSocket event is about. Throws `INVALID_ARGUMENT` for any other event.
 * A connection at a custom domain can be subscribed only with `managementEndpoint` in the config.
 *
 * @example
 * ```ts
 * const consumer = extractConsumerFromApiGatewayEvent({ event });
 * await subscribeToTopic({ consumer, topicId: "room-1", config });
 * ```
 */
export function extractConsumerFromApiGatewayEvent(request: { event: EventWithConnection }): Consumer {
  checkOptions("extractConsumerFromApiGatewayEvent", request, { event: checkedLater });
  const { event } = request;
  const { domainName, stage, connectionId } = event?.requestContext ?? {};
  if (connectionId === undefined) {
    throw invalid(
      "event.requestContext.connectionId",
      "that of a WebSocket event of API Gateway",
      connectionId,
    );
  }
  const consumer = { domainName, stage, connectionId };
  assertConsumer(consumer);
  return consumer;
}
