import type { CallSubject, DynamodbErrorName } from "../faults/call-fault-types.ts";
import type { InjectedResponse } from "../faults/call-faults.ts";

type ReasonCode = "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded";
type ExceptionName = Exclude<DynamodbErrorName, ReasonCode> | "TransactionConflictException";

/**
 * Status and message of each exception.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const EXCEPTIONS: Readonly<Record<ExceptionName, readonly [status: number, message: string]>> = {
  ProvisionedThroughputExceededException: [
    400,
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
  ],
  ThrottlingException: [400, "Rate of requests exceeds the allowed throughput."],
  RequestLimitExceeded: [400, "Throughput exceeds the current throughput limit for your account."],
  InternalServerError: [500, "DynamoDB could not process your request."],
  ServiceUnavailable: [503, "DynamoDB is currently unavailable."],
  TransactionConflictException: [400, "Transaction is ongoing for the item"],
  TransactionInProgressException: [
    400,
    "The transaction with the given request token is already in progress.",
  ],
  AccessDeniedException: [400, "Access denied."],
  ResourceNotFoundException: [400, "Requested resource not found"],
  ValidationException: [400, "One or more parameter values were invalid"],
  UnrecognizedClientException: [400, "The security token included in the request is invalid."],
  ExpiredTokenException: [400, "The security token included in the request is expired"],
};

/**
 * The reasons of a cancelled transaction, with the messages of
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
const REASONS: Readonly<Record<ReasonCode, string>> = {
  TransactionConflict: "Transaction is ongoing for the item",
  ThrottlingError:
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.",
  ProvisionedThroughputExceeded:
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
};

const CONFLICTING = /^(PutItem|UpdateItem|DeleteItem|TransactWriteItems|TransactGetItems)$/;

/** Returns whether DynamoDB can respond to the operation with this error. */
export function canFailWith(name: DynamodbErrorName, operation: string): boolean {
  if (name === "TransactionConflict") return CONFLICTING.test(operation);
  if (name === "TransactionInProgressException") return operation === "TransactWriteItems";
  return !isReason(name) || operation.startsWith("Transact");
}

/** The response with which DynamoDB refuses a call. Of a transaction, the first item is the one that cannot be written. */
export function errorResponse(name: DynamodbErrorName, { operation, body }: CallSubject): InjectedResponse {
  if (!isReason(name)) return exception(name);
  if (!operation.startsWith("Transact")) return exception("TransactionConflictException");
  const items = Array.isArray(body.TransactItems) ? body.TransactItems : [];
  const reasons = items.map((_, index) =>
    index === 0 ? { Code: name, Message: REASONS[name] } : { Code: "None" },
  );
  const codes = reasons.map(({ Code }) => Code).join(", ");
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return {
    status: 400,
    body: { ...errorBody("TransactionCanceledException", message), CancellationReasons: reasons },
  };
}

const isReason = (name: DynamodbErrorName): name is ReasonCode => Object.hasOwn(REASONS, name);

function exception(name: ExceptionName): InjectedResponse {
  const [status, message] = EXCEPTIONS[name];
  return { status, body: errorBody(name, message) };
}

/** Errors that are not DynamoDB's own: https://github.com/architect/dynalite/blob/main/test/connection.js */
const NAMESPACES: Partial<Record<string, string>> = {
  AccessDeniedException: "com.amazon.coral.service",
  ExpiredTokenException: "com.amazon.coral.service",
  ThrottlingException: "com.amazon.coral.availability",
  UnrecognizedClientException: "com.amazon.coral.service",
  ValidationException: "com.amazon.coral.validate",
};

const errorBody = (name: string, message: string): Record<string, unknown> => ({
  __type: `${NAMESPACES[name] ?? "com.amazonaws.dynamodb.v20120810"}#${name}`,
  message,
});
