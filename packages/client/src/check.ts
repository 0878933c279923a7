import { PubsubClientError } from "./errors.ts";
import { type Is, isFunction, isListOf, isNumber, isObject, isOffset, isShape, isString } from "./is.ts";
import { TOPIC_ID_LENGTH_MAX } from "./limits.ts";

/** What an argument must be, in words and as a test, and its default. */
export type Check = readonly [expected: string, is: Is, fallback?: unknown];

/**
 * Returns the options with the defaults filled in. Throws `INVALID_ARGUMENT` if they are not an object, if a name is
 * unknown, or if a value fails its check.
 */
export function checkOptions<Options extends object>(
  name: string,
  options: unknown,
  checks: Readonly<Record<keyof Options, Check>>,
): Options {
  checkArgument(name, options, ["an object", isObject]);
  const given = options as Record<string, unknown>;
  const unknown: Check = [`omitted: the options are ${Object.keys(checks).join(", ")}`, () => false];
  const checked = { ...checks, ...given } as Record<string, unknown>;
  for (const key in checked) {
    const check = Object.hasOwn(checks, key) ? checks[key as keyof Options] : unknown;
    const { [key]: value = check[2] } = given;
    if (value !== undefined) checkArgument(`${name}.${key}`, value, check);
    checked[key] = value;
  }
  return checked as Options;
}

export function checkArgument(name: string, value: unknown, [expected, is]: Check): void {
  if (is(value)) return;
  throw new PubsubClientError("INVALID_ARGUMENT", `${name} must be ${expected}; got ${describe(value)}`);
}

const isId: Is = (value) => isString(value) && value.length > 0 && value.length <= TOPIC_ID_LENGTH_MAX;

export const aTopicId: Check = [`a string of 1 to ${TOPIC_ID_LENGTH_MAX} characters`, isId];
export const aPosition: Check = ["{ epoch, offset }", isShape({ epoch: isId, offset: isOffset })];
export const aWebSocketUrl: Check = [
  "a ws:// or wss:// URL",
  (value) => isString(value) && /^wss?:\/\/./.test(value),
];
export const protocolNames: Check = [
  "a string or an array of strings",
  (value) => isString(value) || isListOf(isString)(value),
  [],
];
/** A value that fails this check is not a token, so the error may show it. */
export const aToken: Check = [
  "a string that is not empty, or a function",
  (value) => (isString(value) && value !== "") || isFunction(value),
];
export const aFunction = (fallback?: unknown): Check => ["a function", isFunction, fallback];
export const anObjectWith = (methods: readonly string[], fallback?: unknown): Check => [
  `an object with ${methods.join(", ")}`,
  (value) => isObject(value) && methods.every((method) => isFunction(value[method])),
  fallback,
];
export const aSignal: Check = anObjectWith(["addEventListener", "removeEventListener"]);
export const aNumber = (fallback: number | undefined, min: number, max: number): Check => [
  `a number from ${min} to ${max}`,
  (value) => isNumber(value) && value >= min && value <= max,
  fallback,
];

/** Returns the value, shortened, and its type. A URL's query may contain a token, so it is left out. */
export function describe(value: unknown): string {
  if (isObject(value) || isFunction(value)) return `a value (${typeof value})`;
  const shown = isString(value) ? JSON.stringify(value.split("?")[0]?.slice(0, 64)) : String(value);
  return `${shown} (${typeof value})`;
}
