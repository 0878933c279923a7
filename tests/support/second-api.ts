import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { localCredentials } from "lambda-websocket-pubsub-local";
import { type Gateway, startGateway } from "../../packages/local/src/gateway/index.ts";

export interface SecondApi extends Gateway {
  /** Makes the API's function use a stack's table and queue. Call it after the stack has set the environment. */
  use(config: { dynamodbTableName: string; fanoutQueueUrl: string }): void;
}

/** Another WebSocket API, whose function runs in this process. It can share the table and queue of a local stack. */
export async function startSecondApi(): Promise<SecondApi> {
  let handler: ReturnType<typeof createWebsocketHandler> | undefined;
  const gateway = await startGateway({
    region: "us-east-1",
    credentials: localCredentials,
    invoke: async (event) => handler?.(event),
  });
  const { domainName, stage, managementEndpoint } = gateway;
  return {
    ...gateway,
    use(config) {
      const own = { [`${domainName}/${stage}`]: managementEndpoint };
      handler = createWebsocketHandler({
        config: { ...config, managementEndpoint: own },
        authorize: "everybody",
      });
    },
  };
}
