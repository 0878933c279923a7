import { describeValue, PubsubError } from "./errors.ts";
import { invalid } from "./options/check-options.ts";
import { reservedPrefix } from "./reserved-topics.ts";
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

/** As `idProblem`. What comes after the prefix of a reserved topic is an id, so that every user and topic can have one. */
export function topicIdProblem(value: unknown, name = "topicId"): string | undefined {
  const prefix = typeof value === "string" ? reservedPrefix(value) : undefined;
  return prefix === undefined
    ? idProblem(name, value)
    : idProblem(`${name} after ${prefix}`, String(value).slice(prefix.length));
}

export function assertTopicId(topicId: unknown): asserts topicId is string {
  const problem = topicIdProblem(topicId);
  if (problem) throw new PubsubError("INVALID_TOPIC_ID", problem);
}

export function assertPublicationId(publicationId: unknown): asserts publicationId is string {
  const problem = idProblem("publicationId", publicationId);
  if (problem) throw new PubsubError("INVALID_PUBLICATION_ID", problem);
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
