import { NotAvailableError, UsageError } from "./usage-error.ts";

/** Returns an error as the user reads it. `path` is the command whose help has the answer. */
export async function explainError(error: unknown, path: string): Promise<string> {
  if (error instanceof UsageError) return `${error.message}\nSee ${error.path ?? path} --help.`;
  if (error instanceof NotAvailableError) return error.message;
  // Loaded only now: a help text should not wait for the library
  const { isPubsubError } = await import("lambda-websocket-pubsub");
  const { isPubsubClientError } = await import("lambda-websocket-pubsub-client");
  if (isPubsubError(error) || isPubsubClientError(error)) {
    return [`${error.code}: ${error.message}`, ...hintsFor(error.message)].join("\n");
  }
  return String(error instanceof Error ? error.stack : error);
}

/** Codes of the library and its client for what a user typed. They are thrown before anything is done. */
const ARGUMENT_CODES: readonly unknown[] = [
  "INVALID_ARGUMENT",
  "INVALID_TOPIC_ID",
  "INVALID_PUBLICATION_ID",
  "INVALID_DATA",
  "PAYLOAD_TOO_LARGE",
];

/** Whether the command did nothing because its arguments are invalid. */
export const isOfArguments = (error: unknown): boolean =>
  error instanceof UsageError ||
  (error instanceof Error && "code" in error && ARGUMENT_CODES.includes(error.code));

const region = (): string => process.env.AWS_REGION || "that of the AWS profile";

/** What AWS and its SDK say, and what to do about it. Their own messages name no option of ours. */
const HINTS: readonly [text: string, hint: () => string][] = [
  ["Region is missing", () => "Give --region, or set AWS_REGION."],
  [
    "Could not load credentials",
    () => "Name an AWS profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  ],
  ["ENOTFOUND", () => `The Region is ${region()}. --region chooses another one.`],
  [
    "ResourceNotFoundException",
    () =>
      `The account has no such table in the Region, which is ${region()}. --table and --region choose others.`,
  ],
];

const hintsFor = (message: string): string[] =>
  HINTS.filter(([text]) => message.includes(text)).map(([, hint]) => hint());
