import type { FaultRule } from "./fault-rule.ts";

/** A call to DynamoDB or SQS. */
export interface CallSubject {
  /** Its bare name, such as `PutItem`. */
  operation: string;
  /** What is asked for, parsed. */
  body: Readonly<Record<string, unknown>>;
  /** The session token that it is signed with: of a worker its function's name and process id, as `fanout/123`. */
  caller: string;
}

/** At least one of `error`, `act` and `delayMs`; `error` and `act` exclude each other. */
export interface CallFault<ErrorName extends string> extends FaultRule<CallSubject> {
  /** Default: all of the service's. */
  operations?: readonly string[];
  /** Answered instead of the call being made. */
  error?: ErrorName;
  act?: CallFaultAct;
  /** Waited first. */
  delayMs?: number;
}

/**
 * - `reset`: the caller's socket is reset before anything is done
 * - `lose-answer`: the call is made, but a reset comes instead of its answer
 * - `hang`: nothing is done and nothing answered
 * - `partly`: of a batch, some is done and the rest reported: `UnprocessedItems`, `Failed`. Other calls pass
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
   * Queries of an index do not find items whose attribute `subscribedAt` is younger than this, as if they had not
   * arrived there yet. Excludes `error` and `act`; other calls pass.
   */
  indexLagMs?: number;
}

/**
 * `TransactionConflict` is an exception of its own, or the reason of a cancelled transaction. `ThrottlingError` and
 * `ProvisionedThroughputExceeded` are only reasons of cancelled transactions; other calls pass.
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
