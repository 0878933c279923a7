import { type AttributeValue, GetItemCommand, paginateQuery, paginateScan } from "@aws-sdk/client-dynamodb";
import { readData } from "../../../packages/pubsub/src/aws/dynamodb/data-at-rest.ts";
import {
  EVENT_KEY_RANGE,
  parseConsumerKey,
  tickKey,
  topicKey,
} from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { decodeMembers } from "../../../packages/pubsub/src/core/presence/state.ts";
import { membersTopic } from "../../../packages/pubsub/src/core/reserved-topics.ts";
import type { StageSet } from "../run/stage.ts";

/** A membership in the table, whether its connection is still open or not. */
export interface Membership {
  room: string;
  userId: string;
  connectionId: string;
  subscribedAtMs: number;
}

type Reader = Pick<StageSet, "stack" | "awsClients">;

/** Reads the memberships of all rooms, strongly consistent and without the library's adapters. */
export async function readMemberships({ stack, awsClients }: Reader): Promise<Membership[]> {
  const scan = { TableName: stack.dynamodbTableName, ConsistentRead: true };
  const start = topicKey(membersTopic(""));
  const memberships: Membership[] = [];
  for await (const { Items = [] } of paginateScan({ client: awsClients.dynamodb }, scan)) {
    for (const { p, u, userId, subscribedAt } of Items as Record<string, AttributeValue | undefined>[]) {
      const connectionId = parseConsumerKey(p?.S ?? "")?.connectionId;
      if (connectionId === undefined || !u?.S?.startsWith(start) || userId?.S === undefined) continue;
      const room = u.S.slice(start.length);
      memberships.push({ room, userId: userId.S, connectionId, subscribedAtMs: Number(subscribedAt?.N) });
    }
  }
  return memberships;
}

/** Returns when the last tick after a leave is due that was sent for a room. */
export async function readLeaveTick({ stack, awsClients }: Reader, room: string): Promise<number> {
  const Key = { p: { S: topicKey(membersTopic(room)) }, u: { S: tickKey("late") } };
  const get = new GetItemCommand({ TableName: stack.dynamodbTableName, Key, ConsistentRead: true });
  const { Item } = await awsClients.dynamodb.send(get);
  return Number(Item?.dueAt?.N ?? 0);
}

/** An event of a members topic. */
export interface Told {
  atMs: number;
  users: ReadonlySet<string>;
}

/** Reads what the members of a room were told, from the first event on. */
export async function readHistoryOf({ stack, awsClients }: Reader, room: string): Promise<Told[]> {
  const query = {
    TableName: stack.dynamodbTableName,
    ConsistentRead: true,
    KeyConditionExpression: "p = :p AND u BETWEEN :from AND :to",
    ExpressionAttributeValues: {
      ":p": { S: topicKey(membersTopic(room)) },
      ":from": { S: EVENT_KEY_RANGE.from },
      ":to": { S: EVENT_KEY_RANGE.to },
    },
  };
  const told: Told[] = [];
  for await (const { Items = [] } of paginateQuery({ client: awsClients.dynamodb }, query)) {
    for (const item of Items) {
      const { list } = decodeMembers(readData(item, item.verbatim?.BOOL === true)?.json ?? "") ?? {};
      const atMs = Number(item.publishedAt?.N);
      if (list) told.push({ atMs, users: new Set(list.map(({ userId }) => userId)) });
    }
  }
  return told;
}
