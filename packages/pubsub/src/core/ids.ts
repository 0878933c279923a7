import { describeValue, PubsubError, type PubsubErrorCode } from "./errors.ts";
import { invalid } from "./options/check-options.ts";
import type { Consumer } from "./types.ts";
import { utf8Length } from "./utf8.ts";

/** Our own limit: it keeps every key, prefix included, below DynamoDB's 1,024 bytes for a range key. */
export const ID_BYTES_MAX = 512;

/** The control characters C0, DEL and C1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for control characters
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;

/** Returns why a value is not a valid id, or undefined if it is valid. */
export function idProblem(name: string, value: unknown): string | undefined {
  if (typeof value !== "string") return `${name} must be a string; got ${describeValue(value)}`;
  // Half a surrogate pair has no UTF-8 form, so two different ids would become the same key
  if (!value.isWellFormed()) return `${name} must be well-formed Unicode; got a lone surrogate`;
  if (CONTROL_CHARACTERS.test(value)) return `${name} must not contain control characters`;
  const bytes = utf8Length(value);
  if (bytes < 1 || bytes > ID_BYTES_MAX)
    return `${name} must be 1 to ${ID_BYTES_MAX} bytes of UTF-8; got ${bytes}`;
  return undefined;
}

export function assertTopicId(topicId: unknown): asserts topicId is string {
  assertId("INVALID_TOPIC_ID", "topicId", topicId);
}

export function assertPublicationId(publicationId: unknown): asserts publicationId is string {
  assertId("INVALID_PUBLICATION_ID", "publicationId", publicationId);
}

function assertId(code: PubsubErrorCode, name: string, value: unknown): void {
  const problem = idProblem(name, value);
  if (problem) throw new PubsubError(code, problem);
}

export function assertConsumer(consumer: unknown): asserts consumer is Consumer {
  if (typeof consumer !== "object" || consumer === null) {
    throw invalid("consumer", "{ domainName, stage, connectionId }", consumer);
  }
  const { domainName, stage, connectionId } = consumer as Partial<Consumer>;
  for (const [name, value] of Object.entries({ domainName, stage, connectionId })) {
    const problem = idProblem(`consumer.${name}`, value);
    if (problem) throw new PubsubError("INVALID_ARGUMENT", problem);
    if (name !== "connectionId" && value?.includes("/"))
      throw invalid(`consumer.${name}`, "without /", value);
  }
}
