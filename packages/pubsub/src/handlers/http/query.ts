import { PubsubError } from "../../core/errors.ts";
import { isEpoch } from "../../core/log/epoch.ts";
import { type HttpEvent, textOf } from "./http-types.ts";

/** Our own limits: how many events one response has. */
export const EVENTS_PER_PAGE_MAX = 1_000;
const EVENTS_PER_PAGE_DEFAULT = 100;

export interface ReadQuery {
  epoch?: string;
  after?: number;
  last?: number;
  limit: number;
}

const PARAMETERS = ["after", "last", "limit", "epoch"] as const;
type Parameter = (typeof PARAMETERS)[number];

/** Throws `INVALID_ARGUMENT`. */
export function decodeReadQuery(event: HttpEvent): ReadQuery {
  const given = parametersOf(event, PARAMETERS);
  const after = numberOf(given, "after", 0, Number.MAX_SAFE_INTEGER);
  const last = numberOf(given, "last", 1, EVENTS_PER_PAGE_MAX);
  const limit = numberOf(given, "limit", 1, EVENTS_PER_PAGE_MAX);
  if (last !== undefined && (after !== undefined || limit !== undefined)) {
    throw invalidQuery("the query must have either last, or after and limit; got both");
  }
  const epoch = given.get("epoch");
  if (epoch !== undefined && !isEpoch(epoch)) {
    throw invalidQuery("epoch must be one that a position has, 9 characters of base 36; got another text");
  }
  return {
    limit: limit ?? EVENTS_PER_PAGE_DEFAULT,
    ...(after !== undefined && { after }),
    ...(last !== undefined && { last }),
    ...(epoch !== undefined && { epoch }),
  };
}

/** The other routes have no query. A token in a URL would be in the logs of every proxy. */
export function assertNoQuery(event: HttpEvent): void {
  parametersOf(event, []);
}

/** A message names no other parameter, because somebody may have put a token into the query. */
function parametersOf<Name extends string>(event: HttpEvent, names: readonly Name[]): Map<Name, string> {
  const given = new Map<Name, string>();
  for (const [name, value] of new URLSearchParams(textOf(event.rawQueryString))) {
    const known = names.find((each) => each === name);
    if (known === undefined) {
      const expected = names.length === 0 ? "must be empty" : `may have ${names.join(", ")}`;
      throw invalidQuery(`the query ${expected}; got another parameter`);
    }
    if (given.has(known)) throw invalidQuery(`${known} must be given once; got it twice`);
    given.set(known, value);
  }
  return given;
}

function numberOf(
  given: ReadonlyMap<Parameter, string>,
  name: Parameter,
  min: number,
  max: number,
): number | undefined {
  const text = given.get(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw invalidQuery(`${name} must be a whole number ${range}; got ${JSON.stringify(text.slice(0, 20))}`);
}

const invalidQuery = (message: string): PubsubError => new PubsubError("INVALID_ARGUMENT", message);
