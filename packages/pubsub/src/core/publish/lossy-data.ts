/** Finds data that `JSON.stringify` accepts, but turns into something without its content, such as `{}` for a Map. */

const BYTES = "pass text as a Uint8Array of its UTF-8, other bytes as base64, and numbers as an array";

/** What to pass instead of an object of one of these types. */
const INSTEAD = new Map([
  ["Promise", "await it first"],
  ["Map", "pass Object.fromEntries(map) or [...map]"],
  ["Set", "pass [...set]"],
  ["WeakMap", "pass a plain object"],
  ["WeakSet", "pass an array"],
  ["WeakRef", "pass the value that it refers to"],
  ["ArrayBuffer", BYTES],
  ["SharedArrayBuffer", BYTES],
  ["Error", "pass its message, or a plain object"],
]);

/**
 * Returns what the data is and what to pass instead, if JSON has no form for it. Looks at the data itself and not into
 * it. A value with a `toJSON` has chosen its form.
 */
export function describeLossy(data: unknown): string | undefined {
  if (isThenable(data)) return instead("a Promise", "await it first");
  if (hasToJson(data)) return undefined;
  switch (typeof data) {
    case "bigint":
      return instead("a BigInt", "pass it as a string");
    case "function":
      return instead("a function", "pass its result");
    case "symbol":
      return instead("a symbol", "pass a string");
    case "number":
      return Number.isFinite(data) ? undefined : instead(String(data), "pass null or a string");
    default:
      return typeof data === "object" && data !== null ? describeLossyObject(data) : undefined;
  }
}

function describeLossyObject(data: object): string | undefined {
  const type = data instanceof Error ? "Error" : typeOf(data);
  const advice = ArrayBuffer.isView(data) ? BYTES : INSTEAD.get(type);
  return advice === undefined ? undefined : instead(withArticle(type), advice);
}

/**
 * The same for types that the list above does not have, such as an invalid Date or a URLSearchParams: they show only in
 * the JSON.
 */
export function describeLost(data: unknown, json: string): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const type = typeOf(data);
  if (json === "null") return instead(`${withArticle(type)} whose JSON is null`, "pass null if you mean it");
  const isEmpty = json === "{}" && type !== "Object" && !hasToJson(data);
  return isEmpty ? instead(`${withArticle(type)} whose JSON is {}`, "pass a plain object") : undefined;
}

const instead = (got: string, advice: string): string => `${got} (${advice})`;

/** The name of a built-in type, also of another realm, as under Jest. */
const typeOf = (data: object): string => Object.prototype.toString.call(data).slice("[object ".length, -1);

const withArticle = (type: string): string => `${/^[AEIO]/.test(type) ? "an" : "a"} ${type}`;

/** A query builder of a database is one too, and it is published by mistake in the same way. */
const isThenable = (data: unknown): boolean => methodOf(data, "then");

const hasToJson = (data: unknown): boolean => methodOf(data, "toJSON");

const methodOf = (data: unknown, name: "then" | "toJSON"): boolean =>
  data !== undefined &&
  data !== null &&
  typeof (data as Partial<Record<typeof name, unknown>>)[name] === "function";
