import type {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";

/** The errors that are results: DynamoDB understood the write and did not make it. */
interface Refusals {
  ConditionalCheckFailedException: ConditionalCheckFailedException;
  TransactionCanceledException: TransactionCanceledException;
  TransactionConflictException: TransactionConflictException;
}

const NAMES: readonly string[] = [
  "ConditionalCheckFailedException",
  "TransactionCanceledException",
  "TransactionConflictException",
] satisfies (keyof Refusals)[];

/** Whether an error is this refusal, thrown by the SDK or by a direct call. It compares names, so it needs no class of the SDK. */
export const isRefusal = <Name extends keyof Refusals>(cause: unknown, name: Name): cause is Refusals[Name] =>
  cause instanceof Error && cause.name === name;

/** Returns the refusal that a response names, with the members that the SDK's error has, or undefined for another error. */
export function readRefusal(
  type: string,
  { message, Message, Item, CancellationReasons }: Record<string, unknown>,
): Error | undefined {
  if (!NAMES.includes(type)) return undefined;
  const error = new Error(String(message ?? Message ?? "UnknownError"));
  const known = { name: type, $fault: "client", $metadata: {} };
  return Object.assign(error, known, Item && { Item }, CancellationReasons && { CancellationReasons });
}
