import { type ErrorKind, kindOfName } from "./error-table.ts";

/** The members that errors of AWS's services and of Node's sockets have. */
interface Thrown {
  name?: unknown;
  message?: unknown;
  /** Of a socket: `ECONNRESET`. */
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
  CancellationReasons?: readonly { Code?: string }[];
}

/**
 * Returns the kind of an error that a call of the SDK threw. An error that the table does not name counts by its HTTP
 * status: a 4xx is final. Without a status, only a broken connection is transient. The rest comes from a configuration
 * with which no request can be made, such as a missing Region or a malformed URL.
 */
export function kindOfError(cause: unknown): ErrorKind {
  const { name, message, code, $metadata, CancellationReasons } = (cause ?? {}) as Thrown;
  if (name === "TransactionCanceledException") return kindOfReasons(CancellationReasons ?? []);
  // A process that Lambda froze between signing and sending: the next request is signed again. The SDK's rule too
  if (name === "InvalidSignatureException" && String(message).includes("Signature expired"))
    return "transient";
  return (
    kindOfName(String(name)) ?? kindOfStatus($metadata?.httpStatusCode) ?? kindOfConnection(String(code))
  );
}

/** A transaction can succeed later if none of the reasons why it was cancelled is final. */
function kindOfReasons(reasons: readonly { Code?: string }[]): ErrorKind {
  const kinds = reasons.map(({ Code = "None" }) => kindOfName(Code));
  if (kinds.includes("final")) return "final";
  if (kinds.includes("throttled")) return "throttled";
  return kinds.includes("transient") ? "transient" : "final";
}

function kindOfStatus(status: number | undefined): ErrorKind | undefined {
  if (status === undefined) return undefined;
  if (status === 429) return "throttled";
  // A successful response that cannot be parsed was damaged on its way
  return status >= 400 && status < 500 && status !== 408 ? "final" : "transient";
}

/** Errors of the operating system (`ECONNRESET`), of the HTTP parser, and of a response that ends too early. */
const CONNECTION_CODES = /^(?:E(?!RR_)[A-Z]|HPE_|ERR_STREAM_PREMATURE_CLOSE$)/;

const kindOfConnection = (code: string): ErrorKind => (CONNECTION_CODES.test(code) ? "transient" : "final");
