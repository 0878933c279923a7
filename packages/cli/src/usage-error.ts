/** The command line is invalid. `main` prints the message and exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the command needs is not there, and a stack trace would not help. `main` prints the message and exits with 1. */
export class NotAvailableError extends Error {
  override readonly name = "NotAvailableError";
}
