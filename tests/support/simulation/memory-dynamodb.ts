/**
 * A table in memory with the calls of the topic log, as far as the log uses them. Every call takes effect at one moment,
 * so that a test can make the calls of several processes in any order.
 */
import {
  type AttributeValue,
  type CancellationReason,
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";

export type Item = Record<string, AttributeValue>;

interface Put {
  Item: Item;
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
}

export interface Command {
  constructor: { name: string };
  input: object;
}

export interface MemoryDynamodb {
  call(command: Command): object;
  /** Whether a transaction with the command's token was made. */
  isDone(command: Command): boolean;
  items(): readonly Item[];
  /** Deletes the items that have expired, as the time to live may do at any time. */
  sweep(nowSeconds: number): void;
}

const metadata = { $metadata: {}, message: "the condition failed" };

export function createMemoryDynamodb(): MemoryDynamodb {
  const rows = new Map<string, Item>();
  const doneTokens = new Set<string>();
  const keyOf = ({ p, u }: Item): string => `${p?.S}\n${u?.S}`;

  function put(request: Put): object {
    const there = rows.get(keyOf(request.Item));
    if (!allows(request, there)) throw new ConditionalCheckFailedException({ ...metadata, ...itemOf(there) });
    rows.set(keyOf(request.Item), request.Item);
    return {};
  }

  function transact(puts: readonly { Put: Put }[], token: string): object {
    if (doneTokens.has(token)) return {};
    const reasons = puts.map(({ Put }): CancellationReason => {
      const there = rows.get(keyOf(Put.Item));
      return allows(Put, there) ? { Code: "None" } : { Code: "ConditionalCheckFailed", ...itemOf(there) };
    });
    if (new Set(puts.map(({ Put }) => keyOf(Put.Item))).size < puts.length)
      throw new Error("a transaction must not write an item twice");
    if (reasons.some(({ Code }) => Code !== "None"))
      throw new TransactionCanceledException({ ...metadata, CancellationReasons: reasons });
    for (const { Put } of puts) rows.set(keyOf(Put.Item), Put.Item);
    doneTokens.add(token);
    return {};
  }

  function query(values: Item, backwards: boolean, limit: number): object {
    const [p, from = "", to = ""] = [values[":p"]?.S, values[":from"]?.S, values[":to"]?.S];
    const found = [...rows.values()]
      .filter(({ p: hash, u }) => hash?.S === p && (u?.S ?? "") >= from && (u?.S ?? "") <= to)
      .toSorted((a, b) => ((a.u?.S ?? "") < (b.u?.S ?? "") === backwards ? 1 : -1));
    return { Items: found.slice(0, limit) };
  }

  return {
    call({ constructor: { name }, input }) {
      if (name === "PutItemCommand") return put(input as Put);
      if (name === "GetItemCommand") return itemOf(rows.get(keyOf((input as { Key: Item }).Key)));
      if (name === "TransactWriteItemsCommand") {
        const { TransactItems, ClientRequestToken } = input as {
          TransactItems: { Put: Put }[];
          ClientRequestToken: string;
        };
        return transact(TransactItems, ClientRequestToken);
      }
      const {
        ExpressionAttributeValues,
        ScanIndexForward,
        Limit = 1_000,
      } = input as {
        ExpressionAttributeValues: Item;
        ScanIndexForward?: boolean;
        Limit?: number;
      };
      if (name === "QueryCommand") return query(ExpressionAttributeValues, ScanIndexForward === false, Limit);
      throw new Error(`the topic log does not make this call: ${name}`);
    },
    isDone: ({ input }) =>
      doneTokens.has((input as { ClientRequestToken?: string }).ClientRequestToken ?? ""),
    items: () => [...rows.values()],
    sweep(nowSeconds) {
      for (const [key, { expiresAt }] of rows) if (Number(expiresAt?.N) <= nowSeconds) rows.delete(key);
    },
  };
}

const itemOf = (item: Item | undefined): { Item?: Item } => (item ? { Item: item } : {});

/** Evaluates conditions of the form `a AND b OR c`, without brackets. */
function allows(request: Put, there: Item | undefined): boolean {
  const { ConditionExpression: condition = "attribute_exists(p) OR attribute_not_exists(p)" } = request;
  return condition
    .split(" OR ")
    .some((all) => all.split(" AND ").every((term) => holds(term, request, there)));
}

function holds(term: string, request: Put, there: Item | undefined): boolean {
  if (term === "attribute_not_exists(p)") return there === undefined;
  if (term === "attribute_exists(p)") return there !== undefined;
  const [, name = "", operator, placeholder = ""] = /^(\S+) (=|<=) (:\w+)$/.exec(term) ?? [];
  if (operator === undefined) throw new Error(`not a known condition: ${term}`);
  const attribute = there?.[request.ExpressionAttributeNames?.[name] ?? name];
  const value = request.ExpressionAttributeValues?.[placeholder];
  if (attribute === undefined || value === undefined) return false;
  if (operator === "<=") return Number(attribute.N) <= Number(value.N);
  return JSON.stringify(attribute) === JSON.stringify(value);
}
