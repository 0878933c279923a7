import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

/** The minimum cost of a function that calls both services. */
const dynamodb = new DynamoDBClient({});
const sqs = new SQSClient({});

export async function handler({ table, queue }: { table: string; queue: string }): Promise<void> {
  await dynamodb.send(new PutItemCommand({ TableName: table, Item: { p: { S: "p" }, u: { S: "u" } } }));
  const Entries = [{ Id: "0", MessageBody: "body" }];
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
}
