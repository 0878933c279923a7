import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { readRows } from "./rows.ts";

/** A 410 within 30 s of subscribing does not remove a subscription, so this makes the rows a minute older. */
export async function outgrowYouth(local: {
  dynamodb: DynamoDBClient;
  config: { dynamodbTableName: string };
}): Promise<void> {
  for (const { p, u } of await readRows(local, "consumer#")) {
    const update = {
      TableName: local.config.dynamodbTableName,
      Key: { p: p ?? { NULL: true }, u: u ?? { NULL: true } },
      UpdateExpression: "SET subscribedAt = subscribedAt - :minute",
      ExpressionAttributeValues: { ":minute": { N: "60000" } },
    };
    await local.dynamodb.send(new UpdateItemCommand(update));
  }
}
