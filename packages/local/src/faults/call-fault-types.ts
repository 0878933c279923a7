import type { FaultRule } from "./fault-rule.ts";

/** A call to DynamoDB or SQS, as the `match` of a rule gets it. */
export interface CallSubject {
  /** The name of the operation, such as `PutItem`. */
  operation: string;
  /** The parsed body of the request. */
  body: Readonly<Record<string, unknown>>;
  /**
   * The session token that signed the call. A worker's token is its function's name and process id, as `fanout/123`.
   */
  caller: string;
}

/** At least one of `error`, `act` and `delayMs`; `error` and `act` exclude each other. */
export interface CallFault<ErrorName extends string> extends FaultRule<CallSubject> {
  /** The operations that the rule applies to. Default: all operations of the service. */
  operations?: readonly string[];
  /** The error to return. The call does not reach the service. */
  error?: ErrorName;
  act?: CallFaultAct;
  /** How long to wait before anything else happens. */
  delayMs?: number;
}

/**
 * - `reset`: the caller's socket is reset, and the call does not reach the service
 * - `lose-answer`: the service executes the call, but the caller gets a reset instead of the response
 * - `hang`: the call does not reach the service, and the caller gets no response
 * - `partly`: the service executes some entries of a batch, and the response lists the others in `UnprocessedItems` or
 *   `Failed`. Other calls pass unchanged
 */
export type CallFaultAct = (typeof callFaultActs)[number];
export const callFaultActs: readonly ["reset", "lose-answer", "hang", "partly"] = [
  "reset",
  "lose-answer",
  "hang",
  "partly",
];

export type DynamodbFaults = (fault: DynamodbFault) => () => void;

export interface DynamodbFault extends CallFault<DynamodbErrorName> {
  /**
   * Queries of an index do not return items whose attribute `subscribedAt` is younger than this, as if the index
   * lagged. Other calls pass unchanged. Cannot be combined with `error` or `act`.
   */
  indexLagMs?: number;
}

/**
 * `TransactionConflict` is an exception for a single write, and the reason of a cancelled transaction. `ThrottlingError`
 * and `ProvisionedThroughputExceeded` are only reasons of cancelled transactions. Other calls pass.
 */
export type DynamodbErrorName = (typeof dynamodbErrorNames)[number];
export const dynamodbErrorNames: readonly [
  "ProvisionedThroughputExceededException",
  "ThrottlingException",
  "RequestLimitExceeded",
  "InternalServerError",
  "ServiceUnavailable",
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
  "TransactionInProgressException",
  "AccessDeniedException",
  "ResourceNotFoundException",
  "ValidationException",
  "UnrecognizedClientException",
  "ExpiredTokenException",
] = [
  "ProvisionedThroughputExceededException",
  "ThrottlingException",
  "RequestLimitExceeded",
  "InternalServerError",
  "ServiceUnavailable",
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
  "TransactionInProgressException",
  "AccessDeniedException",
  "ResourceNotFoundException",
  "ValidationException",
  "UnrecognizedClientException",
  "ExpiredTokenException",
];

export type SqsFaults = (fault: SqsFault) => () => void;
export type SqsFault = CallFault<SqsErrorName>;
export type SqsErrorName = (typeof sqsErrorNames)[number];
export const sqsErrorNames: readonly [
  "RequestThrottled",
  "InternalFailure",
  "ServiceUnavailable",
  "AccessDenied",
  "KmsAccessDenied",
  "KmsDisabled",
  "KmsInvalidKeyUsage",
  "KmsInvalidState",
  "KmsNotFound",
  "KmsOptInRequired",
  "KmsThrottled",
  "QueueDoesNotExist",
  "InvalidAddress",
  "InvalidSecurity",
  "BatchRequestTooLong",
  "UnsupportedOperation",
] = [
  "RequestThrottled",
  "InternalFailure",
  "ServiceUnavailable",
  "AccessDenied",
  "KmsAccessDenied",
  "KmsDisabled",
  "KmsInvalidKeyUsage",
  "KmsInvalidState",
  "KmsNotFound",
  "KmsOptInRequired",
  "KmsThrottled",
  "QueueDoesNotExist",
  "InvalidAddress",
  "InvalidSecurity",
  "BatchRequestTooLong",
  "UnsupportedOperation",
];
