import { PubsubError } from "../core/errors.ts";
import { describeProblem, invalid } from "../core/options/check-options.ts";
import { httpUrl, isRecord } from "../core/options/option-rules.ts";

const NAME = "config.managementEndpoint";
const FORMS = 'an http(s) URL, or an object with a URL for each "{domainName}/{stage}"';

/** A domain name and a stage, as API Gateway's events have them. */
const API_NAME = /^[^/\s]+\/[^/\s]+$/;

/** Throws `INVALID_ARGUMENT` unless the value is a URL, or an object with a URL for each API. */
export function assertManagementEndpoint(value: unknown): void {
  if (value === undefined) return;
  if (typeof value === "string") assertUrl(NAME, value);
  else if (isRecord(value)) assertEntries(Object.entries(value));
  else throw invalid(NAME, FORMS, value);
}

function assertEntries(entries: readonly [string, unknown][]): void {
  if (entries.length === 0) throw rejected(`${NAME} must be ${FORMS}; got an object without entries`);
  for (const [name, url] of entries) {
    if (!API_NAME.test(name)) {
      throw rejected(describeProblem(NAME, 'must have keys of the form "{domainName}/{stage}"', name));
    }
    assertUrl(`${NAME}["${name}"]`, url);
  }
}

function assertUrl(name: string, value: unknown): void {
  if (!httpUrl.accepts(value)) throw invalid(name, httpUrl.expected, value);
}

const rejected = (message: string): PubsubError => new PubsubError("INVALID_ARGUMENT", message);
