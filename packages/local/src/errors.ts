export type PubsubLocalErrorCode =
  | "NODE_TOO_OLD"
  | "INVALID_OPTION"
  | "PORT_IN_USE"
  | "HOST_NOT_AVAILABLE"
  | "JAVA_NOT_FOUND"
  | "TABLE_EXISTS"
  | "DYNAMODB_NOT_FOUND"
  | "DYNAMODB_START_FAILED"
  | "STOP_FAILED";

/** An error of the local stack itself. `context` names the port, service or option, so that a caller can act on it. */
export class PubsubLocalError extends Error {
  override readonly name = "PubsubLocalError";
  readonly code: PubsubLocalErrorCode;
  readonly context: Readonly<Record<string, string | number>>;

  constructor(
    code: PubsubLocalErrorCode,
    message: string,
    options: ErrorOptions & { context?: Record<string, string | number> } = {},
  ) {
    super(message, options);
    this.code = code;
    this.context = options.context ?? {};
  }
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
