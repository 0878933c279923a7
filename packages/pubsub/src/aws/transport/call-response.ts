import type { Exchanged } from "./exchange.ts";

/** What a direct call returned, as far as it can be read. */
export interface CallResponse {
  /** 0 without a response. */
  status: number;
  /** The body, if it is a JSON object, without the members that are null, as the SDK has it. */
  output?: Record<string, unknown> | undefined;
  /** The name of the error, without its namespace. */
  errorType: string;
  /** The Date header of an error. */
  date?: string | undefined;
  refusesCredentials: boolean;
  /**
   * Why the response is not understood, if the direct path can be the cause. Throttling, internal errors, broken
   * connections and the 408 of a proxy that ends an idle connection happen to the SDK's own requests too.
   */
  problem: string | undefined;
}

/** DynamoDB and SQS name these with status 400. */
const CREDENTIAL_ERRORS =
  /Token|Signature|UnrecognizedClient|InvalidClientTokenId|AccessDenied|OptInRequired|AuthFailure|RequestExpired|RequestInTheFuture|RequestTimeTooSkewed/;
const TRANSIENT_ERRORS =
  /Throttl|Exceeded|InProgress|Conflict|Unavailable|InternalServerError|InternalFailure/;

export function readCallResponse(exchanged: Exchanged): CallResponse {
  if ("problem" in exchanged) {
    const { kind, problem } = exchanged;
    const isMalformed = kind === "bad-answer";
    return {
      status: 0,
      errorType: "",
      refusesCredentials: false,
      problem: isMalformed ? problem : undefined,
    };
  }
  const { status, body, date } = exchanged;
  const output = parseObject(body);
  const errorType = output ? errorTypeOf(output) : "";
  const isTransient = status >= 500 || status === 429 || status === 408 || TRANSIENT_ERRORS.test(errorType);
  // SQS reports throttling with 403, and the errors of a queue's KMS key with names like those for credentials
  const isOfCredentials =
    status === 401 || status === 403 || (status === 400 && CREDENTIAL_ERRORS.test(errorType));
  const refusesCredentials = isOfCredentials && !isTransient && !errorType.startsWith("Kms");
  const problem = isTransient ? undefined : `${status} ${errorType}`.trim();
  return { status, output, errorType, date, refusesCredentials, problem };
}

const errorTypeOf = ({ __type: type = "" }: Record<string, unknown>): string =>
  String(type).split("#").at(-1) ?? "";

/** Returns undefined for text that is not a JSON object. */
function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body, "latin1").toString());
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
  } catch {
    return undefined;
  }
}
