import { errorMessage } from "./error-message.ts";
import { isPubsubError, withoutValue } from "./errors.ts";

/** A chain of causes can be a circle. */
const CAUSES_MAX = 5;

const WITHHELD = "(the message is not logged, because it can quote data)";

/** A JSON parser quotes its input, and DynamoDB and SQS quote values that they do not accept. */
const QUOTING =
  /^(?:SyntaxError|ValidationException|ValidationError|SerializationException|InvalidMessageContents|InvalidParameterValue|InvalidAttributeValue|TransactionCanceledException|ConditionalCheckFailedException)$/;

/** Errors of a service whose messages are about permissions, resources and rates. Those of any other can quote a request. */
const ABOUT_SERVICE =
  /^(?:AccessDenied|Kms|Throttl|Request(?:Throttled|Limit|Expired|TimeToo)|ProvisionedThroughput|ExpiredToken|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|InvalidClientTokenId|OptInRequired|ResourceNotFound|QueueDoesNotExist|InvalidAddress|InternalServer|InternalError|ServiceUnavailable|TransactionConflict)/;

interface Thrown {
  name?: unknown;
  message?: unknown;
  code?: unknown;
  cause?: unknown;
  stack?: unknown;
  $fault?: unknown;
  $metadata?: unknown;
}

/**
 * Returns a copy of an error that can be logged with all its fields and causes: it contains no payload. Errors of the SDK
 * have the items of the table and the response as fields, and the messages of some errors quote what they are about.
 */
export function loggableError(thrown: unknown): Error {
  return copyOf(thrown, CAUSES_MAX);
}

function copyOf(thrown: unknown, causesLeft: number): Error {
  const { cause, code, stack, $metadata } = fieldsOf(thrown);
  const message = loggableMessage(thrown);
  const copy: Error & Record<string, unknown> = Object.assign(new Error(message), identifiers({ code }));
  copy.name = nameOf(thrown);
  copy.stack = [`${copy.name}: ${message}`, ...framesOf(stack, errorMessage(thrown))].join("\n");
  const { httpStatusCode, requestId } = Object($metadata) as Record<string, unknown>;
  if (Number.isSafeInteger(httpStatusCode)) copy.httpStatusCode = httpStatusCode;
  Object.assign(copy, identifiers({ requestId }));
  if (isPubsubError(thrown)) Object.assign(copy, { retryable: thrown.retryable, context: thrown.context });
  if (cause !== undefined && causesLeft > 0) copy.cause = copyOf(cause, causesLeft - 1);
  return copy;
}

/** Returns the message of an error as far as it can contain no payload. */
export function loggableMessage(thrown: unknown, causesLeft: number = CAUSES_MAX): string {
  const { $fault, $metadata, cause } = fieldsOf(thrown);
  const name = nameOf(thrown);
  const message = errorMessage(thrown);
  if (isPubsubError(thrown)) {
    // Ours, but it can contain the message of its cause
    const inner = cause === undefined ? "" : errorMessage(cause);
    if (inner === "") return withoutValue(message);
    const shown = causesLeft > 0 ? loggableMessage(cause, causesLeft - 1) : WITHHELD;
    return withoutValue(message.split(inner).join(shown));
  }
  const isOfService = $fault !== undefined || $metadata !== undefined;
  if (QUOTING.test(name) || (isOfService && !ABOUT_SERVICE.test(name))) return WITHHELD;
  return withoutQuotes(message);
}

/** From the first quotation mark to the last, because what is quoted can contain some as well. */
const withoutQuotes = (message: string): string =>
  message.replace(/["`\u201c].*["`\u201d]/s, '"…"').replace(/(?<!\w)'.*'(?!\w)/s, "'…'");

const fieldsOf = (thrown: unknown): Thrown => Object(thrown) as Thrown;

function nameOf(thrown: unknown): string {
  const { name } = fieldsOf(thrown);
  return typeof name === "string" && /^[A-Za-z_$][\w$.]{0,63}$/.test(name) ? name : "Error";
}

/** Codes and ids have a form that a payload has only by chance. */
const identifiers = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => typeof value === "string" && /^[\w-]{1,64}$/.test(value)),
  );

const FRAME = /^ {4}at .*(?::\d+:\d+\)?|\(<anonymous>\)|\(index \d+\))$/;

/** The lines of the stack without those of the message, which can look like them. */
function framesOf(stack: unknown, message: string): string[] {
  if (typeof stack !== "string") return [];
  const start = message === "" ? 0 : stack.indexOf(message);
  const rest = start < 0 ? "" : stack.slice(start + message.length);
  return rest.split("\n").filter((line) => FRAME.test(line));
}
