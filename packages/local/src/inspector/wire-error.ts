import type { WireError } from "./wire.ts";

/** Returns an error as the page shows it. The message of an AWS error names what was refused, and no payload. */
export function wireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { code: "UNKNOWN", message: String(error) };
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const why = cause instanceof Error && cause.message !== error.message ? `: ${cause.message}` : "";
  return { code: typeof code === "string" ? code : error.name, message: `${error.message}${why}` };
}

/** Returns the status of the response for an error's code. */
export function statusOf({ code }: WireError): number {
  if (code === "PUBLICATION_NOT_FOUND" || code === "NOT_FOUND") return 404;
  if (code.startsWith("INVALID_") || code === "PAYLOAD_TOO_LARGE") return 400;
  return 502;
}
