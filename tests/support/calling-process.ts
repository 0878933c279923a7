/** A process that makes one DynamoDB call and one post for each message, and reports how they ended. */
import { GetItemCommand } from "../../packages/pubsub/src/aws/dynamodb/commands.ts";
import { createPostClient } from "../../packages/pubsub/src/aws/management-api/post-client.ts";
import { dynamodbClient, processIdentity } from "../../packages/pubsub/src/aws/sdk/clients.ts";
import { readTransport } from "../../packages/pubsub/src/aws/sdk/transport-switch.ts";

const endpoint = `${process.env.AWS_ENDPOINT_URL_DYNAMODB}/p`;
const client = dynamodbClient();
const post = createPostClient(endpoint, processIdentity, {
  transport: readTransport(),
  onDisabled: () => {},
});

process.on("disconnect", () => process.exit(0));
process.on("message", async () => {
  const beganMs = performance.now();
  const { $metadata } = await client.send(new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } }));
  const posted = await post("a", { body: Buffer.from("hello") });
  process.send?.({ got: $metadata !== undefined, posted, ms: performance.now() - beganMs });
});
process.send?.("ready");
