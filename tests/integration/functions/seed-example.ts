import type { APIGatewayEvent, Context } from "aws-lambda";
import {
  extractConsumerFromApiGatewayEvent,
  subscribeToTopic,
  unsubscribeFromAllTopics,
} from "lambda-websocket-pubsub";

/*
 * A handler as users of the package's first version wrote it: a REST API's event type, only a table as its
 * config, and responses by status. It must work without a change.
 */

const WebSocketEventType = { CONNECT: "CONNECT", DISCONNECT: "DISCONNECT", DEFAULT: "DEFAULT" } as const;
type WebSocketEventType = (typeof WebSocketEventType)[keyof typeof WebSocketEventType];

const lwpConfig = { dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "" };

const response = { badRequest: { statusCode: 400 }, success: { statusCode: 200 } };

export const handler = async (event: APIGatewayEvent, _context: Context): Promise<{ statusCode: number }> => {
  const consumer = extractConsumerFromApiGatewayEvent({ event });
  const eventType = event.requestContext.eventType as WebSocketEventType;
  if (eventType === WebSocketEventType.CONNECT) return response.success;
  if (eventType === WebSocketEventType.DISCONNECT) {
    await unsubscribeFromAllTopics({ consumer, config: lwpConfig });
    return response.success;
  }
  const { action, topicId } = parsed(event.body);
  if (action !== "SUBSCRIBE" || !topicId) return response.badRequest;
  await subscribeToTopic({ consumer, topicId, config: lwpConfig });
  return response.success;
};

function parsed(body: string | null): { action?: string; topicId?: string } {
  try {
    return body ? JSON.parse(body) : {};
  } catch {
    return {};
  }
}
