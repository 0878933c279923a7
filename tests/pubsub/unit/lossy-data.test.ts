/** Each of these values used to be published without its content, as `{}`, `null` or `{"0":1}`. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { encodeData } from "../../../packages/pubsub/src/core/publish/data.ts";

const BYTES = "pass text as a Uint8Array of its UTF-8, other bytes as base64, and numbers as an array";
const MAP = "a Map (pass Object.fromEntries(map) or [...map])";

class NotFound extends Error {}

const lost: [unknown, string][] = [
  [Promise.resolve({ a: 1 }), "a Promise (await it first)"],
  // biome-ignore lint/suspicious/noThenProperty: a query builder has this method
  [{ then: () => {}, sql: "select" }, "a Promise (await it first)"],
  [new Map([["a", 1]]), MAP],
  [new Map(), MAP],
  [Object.assign(new Map(), { a: 1 }), MAP],
  [runInNewContext("new Map([[1, 2]])"), MAP],
  [new Set([1]), "a Set (pass [...set])"],
  [new WeakMap(), "a WeakMap (pass a plain object)"],
  [new WeakSet(), "a WeakSet (pass an array)"],
  [new WeakRef({}), "a WeakRef (pass the value that it refers to)"],
  [new ArrayBuffer(1), `an ArrayBuffer (${BYTES})`],
  [new SharedArrayBuffer(1), `a SharedArrayBuffer (${BYTES})`],
  [new DataView(new ArrayBuffer(1)), `a DataView (${BYTES})`],
  [new Uint16Array([1]), `a Uint16Array (${BYTES})`],
  [new Int8Array([1]), `an Int8Array (${BYTES})`],
  [new Float64Array([1]), `a Float64Array (${BYTES})`],
  [new BigInt64Array([1n]), `a BigInt64Array (${BYTES})`],
  [runInNewContext("new Uint8ClampedArray(1)"), `a Uint8ClampedArray (${BYTES})`],
  [new Error("failed"), "an Error (pass its message, or a plain object)"],
  [new NotFound("failed"), "an Error (pass its message, or a plain object)"],
  [Object.assign(new Error("failed"), { code: 5 }), "an Error (pass its message, or a plain object)"],
  [new DOMException("failed"), "an Error (pass its message, or a plain object)"],
  [runInNewContext("new TypeError('failed')"), "an Error (pass its message, or a plain object)"],
  [() => {}, "a function (pass its result)"],
  [class {}, "a function (pass its result)"],
  [Symbol("secret"), "a symbol (pass a string)"],
  [1n, "a BigInt (pass it as a string)"],
  [Number.NaN, "NaN (pass null or a string)"],
  [Number.POSITIVE_INFINITY, "Infinity (pass null or a string)"],
  [Number.NEGATIVE_INFINITY, "-Infinity (pass null or a string)"],
  [new Date(Number.NaN), "a Date whose JSON is null (pass null if you mean it)"],
  [Object(Number.NaN), "a Number whose JSON is null (pass null if you mean it)"],
  [{ toJSON: () => Number.NaN }, "an Object whose JSON is null (pass null if you mean it)"],
  [/a/, "a RegExp whose JSON is {} (pass a plain object)"],
  [new URLSearchParams("a=1"), "a URLSearchParams whose JSON is {} (pass a plain object)"],
  [[1].values(), "an Array Iterator whose JSON is {} (pass a plain object)"],
];

describe("data that JSON would lose", () => {
  it.each(lost.map(([data, got]): [string, unknown] => [got, data]))(
    "is rejected as INVALID_DATA: %s",
    (got, data) => {
      const message = `data must be serialisable as JSON; got ${got}`;
      expect(() => encodeData(data)).toThrow(
        expect.objectContaining({ code: "INVALID_DATA", retryable: false, message }),
      );
    },
  );

  it.each<[string, unknown]>([
    ["a value whose `toJSON` throws", { toJSON: () => expect.fail("not today") }],
    [
      "a value whose `then` throws",
      {
        // biome-ignore lint/suspicious/noThenProperty: a getter can do anything
        get then(): never {
          throw new Error("not today");
        },
      },
    ],
    ["a revoked proxy", revokedProxy()],
  ])("is rejected as INVALID_DATA if its own code fails: %s", (_, data) => {
    expect(() => encodeData(data)).toThrow(
      expect.objectContaining({
        code: "INVALID_DATA",
        message: expect.stringMatching(/^data must be serialisable as JSON: /),
        cause: expect.any(Error),
      }),
    );
  });
});

describe("data that JSON keeps", () => {
  class Point {
    x = 1;
  }
  const error = Object.assign(new Error("failed"), { toJSON: () => ({ message: "failed" }) });
  it.each<[string, unknown, string]>([
    ["null", null, "null"],
    ["an empty object", {}, "{}"],
    ["an object without a prototype", Object.create(null), "{}"],
    ["an object of a class", new Point(), '{"x":1}'],
    // biome-ignore lint/suspicious/noThenProperty: it is no method, so that nothing waits for it
    ["an object with data named `then`", { then: "data" }, '{"then":"data"}'],
    ["an object with data named `toJSON`", { toJSON: 5 }, '{"toJSON":5}'],
    ["an error with a `toJSON`", error, '{"message":"failed"}'],
    ["a URL", new URL("https://example.com"), '"https://example.com/"'],
    [
      "values inside an object, by JSON's rules",
      { a: new Map([[1, 2]]), b: Number.NaN },
      '{"a":{},"b":null}',
    ],
    ["values inside an array, by JSON's rules", [new Set([1]), () => {}, new Error("e")], "[{},null,{}]"],
  ])("is encoded as JSON: %s", (_, data, json) => {
    expect(encodeData(data)).toEqual({ json, verbatim: false });
  });
});

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
