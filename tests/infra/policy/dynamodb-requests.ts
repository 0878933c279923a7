/**
 * What IAM is asked for each call of DynamoDB. `dynamodb:LeadingKeys` are the hash keys that the call names, and
 * `dynamodb:Attributes` of a put the names in its item and in its condition; a
 * transaction is asked about item by item, as the operation that each item is:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
import { isFields } from "../deployment/value.ts";
import type { PolicyRequest } from "./evaluate-policy.ts";

export interface Call {
  operation: string;
  input: object;
}

type Row = Record<string, { S?: string } | undefined>;

interface Input {
  Item?: Row;
  Key?: Row;
  IndexName?: string;
  KeyConditionExpression?: string;
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Row;
  RequestItems?: Record<string, { PutRequest?: Input; DeleteRequest?: Input }[]>;
  TransactItems?: Record<string, Input>[];
}

/** Returns the requests that IAM decides for one call. All must be allowed. `table` is the table's ARN. */
export function policyRequestsOf({ operation, input }: Call, table: string): PolicyRequest[] {
  const { IndexName, RequestItems, TransactItems, ...given } = input as Input;
  if (TransactItems) {
    return TransactItems.flatMap((item) =>
      Object.entries(item).map(([kind, part]) =>
        request(`${kind}Item`, table, [keyOf(part)], attributesOf(part)),
      ),
    );
  }
  if (RequestItems) {
    const parts = Object.values(RequestItems)
      .flat()
      .flatMap((part) => [part.PutRequest ?? [], part.DeleteRequest ?? []].flat());
    return [request(operation, table, parts.map(keyOf))];
  }
  const resource = IndexName === undefined ? table : `${table}/index/${IndexName}`;
  const key = operation === "Query" ? queriedKey(given) : keyOf(given);
  return [request(operation, resource, [key], attributesOf(given))];
}

const request = (
  operation: string,
  resource: string,
  keys: readonly string[],
  attributes: readonly string[] = [],
): PolicyRequest => ({
  action: `dynamodb:${operation}`,
  resource,
  context: { "dynamodb:LeadingKeys": keys, "dynamodb:Attributes": attributes },
});

/** Only for puts: no policy of ours limits the attributes of other calls. */
function attributesOf({ Item, ConditionExpression = "", ExpressionAttributeNames = {} }: Input): string[] {
  if (!Item) return [];
  const words = ConditionExpression.match(/(?<![:#\w])[a-z]\w*\b(?!\()/g) ?? [];
  return [...new Set([...Object.keys(Item), ...words, ...Object.values(ExpressionAttributeNames)])];
}

function keyOf({ Item, Key }: Input): string {
  const key = (Item ?? Key)?.p?.S;
  if (key === undefined) throw new Error("the call names no hash key");
  return key;
}

/** The hash key is the first name in the expression, and its value a placeholder. */
function queriedKey({ KeyConditionExpression = "", ExpressionAttributeValues = {} }: Input): string {
  const [, placeholder = ""] = /^p2? = (:\w+)/.exec(KeyConditionExpression) ?? [];
  const key = ExpressionAttributeValues[placeholder];
  if (!isFields(key) || typeof key.S !== "string") throw new Error(`no key in ${KeyConditionExpression}`);
  return key.S;
}
