/**
 * What an error of DynamoDB or SQS means for the same call made later:
 * - `throttled`: the call was too much at this moment. It can succeed after a pause.
 * - `transient`: it can succeed later for another reason.
 * - `final`: it fails again until somebody changes the call, the permissions or the resources.
 */
export type ErrorKind = "throttled" | "transient" | "final";

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const DYNAMODB: Readonly<Record<ErrorKind, readonly string[]>> = {
  throttled: ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"],
  transient: [
    "InternalServerError",
    "ReplicatedWriteConflictException",
    "ServiceUnavailable",
    "TransactionConflictException",
    "TransactionInProgressException",
  ],
  final: [
    "AccessDeniedException",
    "ConditionalCheckFailedException",
    "IdempotentParameterMismatchException",
    // AWS's page says "OK to retry", but only a deletion from the full item collection helps
    "ItemCollectionSizeLimitExceededException",
    "ResourceNotFoundException",
    "ValidationException",
  ],
};

/**
 * The reasons of a TransactionCanceledException. `ConditionalCheckFailed` is not one of them, because it is a result.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
const CANCELLATIONS: Readonly<Record<ErrorKind, readonly string[]>> = {
  throttled: ["ProvisionedThroughputExceeded", "ThrottlingError"],
  transient: ["TransactionConflict"],
  final: ["ItemCollectionSizeLimitExceeded", "ValidationError"],
};

/**
 * SQS's JSON protocol names its errors without "Exception".
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 */
const SQS: Readonly<Record<ErrorKind, readonly string[]>> = {
  throttled: ["KmsThrottled", "RequestThrottled"],
  transient: ["InternalError", "InternalFailure"],
  final: [
    "AccessDenied",
    "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong",
    "EmptyBatchRequest",
    "InvalidAddress",
    "InvalidAttributeName",
    "InvalidAttributeValue",
    "InvalidBatchEntryId",
    "InvalidIdFormat",
    "InvalidMessageContents",
    "InvalidParameterValue",
    "InvalidSecurity",
    "KmsAccessDenied",
    "KmsDisabled",
    "KmsInvalidKeyUsage",
    "KmsInvalidState",
    "KmsNotFound",
    "KmsOptInRequired",
    "MessageNotInflight",
    "MissingParameter",
    "OverLimit",
    // For 60 s no queue can have this name, and later none has it until somebody creates one
    "QueueDeletedRecently",
    "QueueDoesNotExist",
    "ReceiptHandleIsInvalid",
    "TooManyEntriesInBatchRequest",
    "UnsupportedOperation",
  ],
};

/**
 * Errors of every service, and of the SDK itself.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
const COMMON: Readonly<Record<ErrorKind, readonly string[]>> = {
  throttled: ["Throttling", "TooManyRequestsException"],
  transient: [
    // The SDK corrects its clock by the response, so the next request has the right time
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "TimeoutError",
  ],
  final: [
    // No provider has credentials. Where a provider asks a server for them, it has already made its own retries
    "CredentialsProviderError",
    // The SDK renews credentials before they expire. These have expired, so their provider has no newer ones
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "SignatureDoesNotMatch",
    // AWS's page says "OK to retry", which helps only in the first seconds of an access key
    "UnrecognizedClientException",
    "UnknownOperationException",
  ],
};

const KINDS: ReadonlyMap<string, ErrorKind> = new Map(
  [DYNAMODB, CANCELLATIONS, SQS, COMMON].flatMap(({ throttled, transient, final }) => [
    ...throttled.map((name): [string, ErrorKind] => [name, "throttled"]),
    ...transient.map((name): [string, ErrorKind] => [name, "transient"]),
    ...final.map((name): [string, ErrorKind] => [name, "final"]),
  ]),
);

/**
 * The names that the query protocol has for errors whose JSON name differs by more than a prefix. SQS sends them in the
 * header `x-amzn-query-error`, and some SDKs use them as the error's name.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const QUERY_NAMES: ReadonlyMap<string, string> = new Map([
  ["NonExistentQueue", "QueueDoesNotExist"],
  ["KMS.AccessDeniedException", "KmsAccessDenied"],
  ["KMS.DisabledException", "KmsDisabled"],
  ["KMS.InvalidKeyUsageException", "KmsInvalidKeyUsage"],
  ["KMS.InvalidStateException", "KmsInvalidState"],
  ["KMS.NotFoundException", "KmsNotFound"],
  ["KMS.OptInRequired", "KmsOptInRequired"],
  ["KMS.ThrottlingException", "KmsThrottled"],
]);

/** Returns the kind of an error or of a cancellation reason by its name, or undefined if the table does not have it. */
export function kindOfName(name: string): ErrorKind | undefined {
  const bare = name.replace(/^.*#/, "").replace(/^AWS\.SimpleQueueService\./, "");
  return KINDS.get(QUERY_NAMES.get(bare) ?? bare);
}
