import type { SqsErrorName } from "../faults/call-fault-types.ts";
import type { InjectedResponse } from "../faults/call-faults.ts";

interface ErrorShape {
  status: number;
  /** The name that the error had in the query protocol, which SQS still sends in a header. */
  queryCode: string;
  message: string;
  /** The name and namespace in the body. Default: the error's name, in SQS's namespace. */
  type?: string;
}

/**
 * Statuses and query names as the service's model has them:
 * https://github.com/aws/aws-sdk-js-v3/blob/main/codegen/sdk-codegen/aws-models/sqs.json
 * The messages are those of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const ERRORS: Readonly<Record<SqsErrorName, ErrorShape>> = {
  RequestThrottled: {
    status: 403,
    queryCode: "RequestThrottled",
    message: "The request was denied due to request throttling.",
  },
  InternalFailure: {
    status: 500,
    queryCode: "InternalFailure",
    message: "The request processing has failed because of an unknown error, exception, or failure.",
    type: "com.amazon.coral.service#InternalFailure",
  },
  ServiceUnavailable: {
    status: 503,
    queryCode: "ServiceUnavailable",
    message: "The request has failed due to a temporary failure of the server.",
    type: "com.amazon.coral.service#ServiceUnavailable",
  },
  // The body has the longer name. SDKs take the error's name from the header
  AccessDenied: {
    status: 403,
    queryCode: "AccessDenied",
    message:
      "User: arn:aws:sts::000000000000:assumed-role/local/local is not authorized to perform this action because no identity-based policy allows it",
    type: "com.amazon.coral.service#AccessDeniedException",
  },
  KmsAccessDenied: {
    status: 400,
    queryCode: "KMS.AccessDeniedException",
    message: "The caller doesn't have the required KMS access.",
  },
  KmsDisabled: {
    status: 400,
    queryCode: "KMS.DisabledException",
    message: "The request was denied because the specified KMS key is not enabled.",
  },
  KmsInvalidKeyUsage: {
    status: 400,
    queryCode: "KMS.InvalidKeyUsageException",
    message: "The KeyUsage value of the KMS key is incompatible with the API operation.",
  },
  KmsInvalidState: {
    status: 400,
    queryCode: "KMS.InvalidStateException",
    message:
      "The request was rejected because the state of the specified resource is not valid for this request.",
  },
  KmsNotFound: {
    status: 400,
    queryCode: "KMS.NotFoundException",
    message: "The request was rejected because the specified entity or resource could not be found.",
  },
  KmsOptInRequired: {
    status: 403,
    queryCode: "KMS.OptInRequired",
    message:
      "The request was rejected because the specified key policy isn't syntactically or semantically correct.",
  },
  KmsThrottled: {
    status: 400,
    queryCode: "KMS.ThrottlingException",
    message: "KMS throttles requests for the following conditions.",
  },
  QueueDoesNotExist: {
    status: 400,
    queryCode: "AWS.SimpleQueueService.NonExistentQueue",
    message: "The specified queue does not exist.",
  },
  InvalidAddress: { status: 404, queryCode: "InvalidAddress", message: "The specified ID is invalid." },
  InvalidSecurity: {
    status: 403,
    queryCode: "InvalidSecurity",
    message: "The request was not made over HTTPS or did not use SigV4 for signing.",
  },
  BatchRequestTooLong: {
    status: 400,
    queryCode: "AWS.SimpleQueueService.BatchRequestTooLong",
    message: "The length of all the messages put together is more than the limit.",
  },
  UnsupportedOperation: {
    status: 400,
    queryCode: "AWS.SimpleQueueService.UnsupportedOperation",
    message: "Unsupported operation.",
  },
};

/**
 * The response with which SQS refuses a call. The header is for callers that know the errors by their query names.
 * https://github.com/smithy-lang/smithy-rs/issues/1872
 */
export function errorResponse(name: SqsErrorName): InjectedResponse {
  const { status, queryCode, message, type = `com.amazonaws.sqs#${name}` } = ERRORS[name];
  const fault = status < 500 ? "Sender" : "Receiver";
  return {
    status,
    body: { __type: type, message },
    headers: { "x-amzn-query-error": `${queryCode};${fault}` },
  };
}
