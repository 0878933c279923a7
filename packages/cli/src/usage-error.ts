/** The command line is invalid. `main` prints the message and where the help is, and exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The command whose help has the answer, such as `pubsub dlq list`. */
  readonly path: string | undefined;

  constructor(message: string, { path, ...options }: { path?: string } & ErrorOptions = {}) {
    super(message, options);
    this.path = path;
  }
}

/** What the command needs is not there, and a stack trace would not help. `main` prints the message and exits with 1. */
export class NotAvailableError extends Error {
  override readonly name = "NotAvailableError";
}
