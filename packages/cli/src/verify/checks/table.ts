import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type TableDescription,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { TABLE, topicKey } from "lambda-websocket-pubsub/schema";
import { type Check, fails, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";

const { hashKey, rangeKey, index, ttlAttribute } = TABLE;

const KEEP_SECONDS = 3_600;

export const tableChecks: readonly Check[] = [
  {
    id: "table-keys",
    what: "the keys of the table",
    expected: `hash key ${hashKey}, range key ${rangeKey}, both strings; ACTIVE`,
    usage: {},
    async run(context) {
      const table = await describeTable(context);
      const keys = keysOf(table);
      const types = table.AttributeDefinitions ?? [];
      const areStrings = [hashKey, rangeKey].every((key) =>
        types.some(({ AttributeName, AttributeType }) => AttributeName === key && AttributeType === "S"),
      );
      const saw = `${keys}; ${areStrings ? "both strings" : "not both strings"}; ${table.TableStatus}`;
      return verdict(
        keys === `${hashKey} HASH, ${rangeKey} RANGE` && areStrings && table.TableStatus === "ACTIVE",
        saw,
      );
    },
  },
  {
    id: "table-index",
    what: "the index that the fan-out reads",
    expected: `${index.name}: hash key ${index.hashKey}, projection ALL, ACTIVE`,
    usage: {},
    async run(context) {
      const { GlobalSecondaryIndexes: indexes = [] } = await describeTable(context);
      const found = indexes.find(({ IndexName }) => IndexName === index.name);
      if (!found) {
        const names = indexes.map(({ IndexName }) => IndexName).join(", ");
        return fails(`the table has no ${index.name}; it has ${names || "no index"}`);
      }
      const keys = keysOf(found);
      const { IndexStatus: status, Projection: { ProjectionType: projection } = {} } = found;
      const isRight = keys === `${index.hashKey} HASH` && projection === "ALL" && status === "ACTIVE";
      return verdict(isRight, `${index.name}: ${keys}, projection ${projection}, ${status}`);
    },
  },
  {
    id: "table-ttl",
    what: "time to live, without which old events and subscriptions are kept for ever",
    expected: `ENABLED on ${ttlAttribute}`,
    usage: {},
    async run({ clients, target }) {
      const { TimeToLiveDescription: { TimeToLiveStatus = "DISABLED", AttributeName } = {} } =
        await clients.dynamodb.send(new DescribeTimeToLiveCommand({ TableName: target.table }));
      const isOn = /^(ENABLED|ENABLING)$/.test(TimeToLiveStatus) && AttributeName === ttlAttribute;
      return verdict(isOn, `${TimeToLiveStatus}${AttributeName === undefined ? "" : ` on ${AttributeName}`}`);
    },
  },
  {
    id: "cancelled-transaction",
    what: "a transaction that a condition cancels returns the item that was in the way",
    // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Put.html
    expected: "ConditionalCheckFailed with the item",
    usage: { writeUnits: 8 },
    async run({ clients, target, newTopic }) {
      const key = { [hashKey]: { S: topicKey(newTopic()) }, [rangeKey]: { S: "verify" } };
      // In case that the clean-up does not get to it
      const expiry = String(Math.floor(Date.now() / 1_000) + KEEP_SECONDS);
      const put = new TransactWriteItemsCommand({
        TransactItems: [
          {
            Put: {
              TableName: target.table,
              Item: { ...key, value: { S: "in the way" }, [ttlAttribute]: { N: expiry } },
              ConditionExpression: `attribute_not_exists(${hashKey})`,
              ReturnValuesOnConditionCheckFailure: "ALL_OLD",
            },
          },
        ],
      });
      await clients.dynamodb.send(put);
      try {
        await clients.dynamodb.send(put);
        return fails("the transaction was not cancelled");
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const [{ Code, Item } = {}] = error.CancellationReasons ?? [];
        const hasItem = Item?.value?.S === "in the way";
        return verdict(
          Code === "ConditionalCheckFailed" && hasItem,
          `${Code} ${hasItem ? "with" : "without"} the item`,
        );
      }
    },
  },
];

async function describeTable({ clients, target }: VerifyContext): Promise<TableDescription> {
  const { Table = {} } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: target.table }));
  return Table;
}

const keysOf = ({ KeySchema = [] }: Pick<TableDescription, "KeySchema">): string =>
  KeySchema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(", ");
