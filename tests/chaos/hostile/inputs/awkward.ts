import fc from "fast-check";

/** A text in payloads that must never be in a log. */
export const SECRET = "s3cret-payload";

const FORGED_LINE = `\r\n{"level":"ERROR","message":"forged-line","${SECRET}":1}\n`;
const LARGE = 131_072;

/** Names that every object inherits, and parts of our keys. */
const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "toJSON",
  "hasOwnProperty",
  "then",
  "length",
  "topic#",
  "consumer#a/b/c",
  "event#000000000#0000000000000001",
  "publication#",
  "fanout#",
  "page#000001",
  "#",
  "/",
  "..",
  "%",
  "%00",
  "%2e%2e",
  "%ff",
];

const TEXTS = [
  "",
  " ",
  SECRET,
  FORGED_LINE,
  "\u0000",
  "\u001b[2J",
  "\u007f\u0085\u009f",
  "\u2028\u2029",
  "\ufeff",
  "\ufffe\uffff",
  "\ud800",
  "\udfffa",
  "a\ud83d",
  "👋".repeat(128),
  `${"👋".repeat(128)}x`,
  "é".repeat(256),
  `${"é".repeat(256)}x`,
  "x".repeat(129),
  "NaN",
  "-1",
  "1e999",
  "0x10",
  "null",
];

const NUMBERS = [
  0,
  -0,
  -1,
  1,
  2,
  0.5,
  2 ** 31,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  -(2 ** 53),
  1e21,
  1e308,
  -1e308,
  5e-324,
];

/** Values that are not JSON. Only option objects can contain them. */
const NOT_JSON: readonly unknown[] = [
  undefined,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1n,
  Symbol("s"),
  () => 1,
  class Thing {},
  new Date(Number.NaN),
  new Map([["a", 1]]),
  /x/,
  new Uint8Array(3),
  Object.create(null),
  Object.freeze({ a: 1 }),
  new Error("an error"),
  Promise.resolve(1),
];

/** Any UTF-16 code unit, including half of a surrogate pair. */
const codeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));

export const awkwardName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.constantFrom(...TEXTS),
  fc.string({ maxLength: 12 }),
);

export const awkwardText: fc.Arbitrary<string> = fc.oneof(
  { weight: 120, arbitrary: fc.constantFrom(...TEXTS, ...NAMES) },
  { weight: 40, arbitrary: fc.string({ unit: codeUnit, maxLength: 40 }) },
  { weight: 40, arbitrary: fc.string({ maxLength: 20 }).map((text) => text + SECRET) },
  { weight: 1, arbitrary: fc.constantFrom("x", "é", "\ud800", '"').map((unit) => unit.repeat(LARGE)) },
);

const awkwardNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = SECRET;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
};

/** Any JSON value, mostly those that code tends to forget. */
export const awkwardJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 20, arbitrary: awkwardText },
  { weight: 15, arbitrary: awkwardNumber },
  { weight: 10, arbitrary: fc.constantFrom(null, true, false, [], {}) },
  {
    weight: 10,
    arbitrary: fc.tuple(awkwardName, awkwardText).map(([name, text]) => withMember({}, name, text)),
  },
  { weight: 10, arbitrary: fc.array(fc.oneof(awkwardText, awkwardNumber), { maxLength: 5 }) },
  { weight: 5, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.nat(1_500).map((depth) => nested(depth, (inner) => [inner])) },
  { weight: 1, arbitrary: fc.nat(1_500).map((depth) => nested(depth, (inner) => ({ data: inner }))) },
);

/** Any JavaScript value. */
export const awkwardValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: awkwardJson },
  { weight: 2, arbitrary: fc.constantFrom(...NOT_JSON) },
);

/** Defines an own member with any name. An assignment to `__proto__` would set the prototype instead. */
export function withMember<Target extends object>(target: Target, name: string, value: unknown): Target {
  const descriptor = { value, enumerable: true, configurable: true, writable: true };
  return Object.defineProperty(target, name, descriptor);
}
