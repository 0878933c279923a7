import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Item } from "../../../packages/pubsub/src/aws/dynamodb/attributes.ts";
import { dataAttributes, readData } from "../../../packages/pubsub/src/aws/dynamodb/data-at-rest.ts";
import { jsonOfBytes } from "../../support/json-data.ts";

const KB = 1_024;
/** The longest data of a publication. */
const JSON_BYTES_MAX = 131_072;

const binary = (value: Uint8Array): Item => ({ deflated: { B: value } });
/** The item as it is on the wire, which is what the direct path sends and returns. */
const onTheWire = (item: Item): Item => JSON.parse(JSON.stringify(item)) as Item;

describe("data is stored", () => {
  it.each<[string, string, "json" | "deflated"]>([
    ["as JSON text: 1,024 bytes", jsonOfBytes(KB), "json"],
    ["compressed: 1,025 bytes", jsonOfBytes(KB + 1), "deflated"],
    ["as JSON text: 1,020 characters of 1 byte", JSON.stringify("x".repeat(1_018)), "json"],
    ["compressed: 600 characters of 3 bytes", JSON.stringify("漢字".repeat(300)), "deflated"],
    ["compressed: 128 KB, the longest data", jsonOfBytes(JSON_BYTES_MAX), "deflated"],
    ["as JSON text: more than may be inflated", jsonOfBytes(JSON_BYTES_MAX + 1), "json"],
    ["as JSON text: noise that saves nothing", JSON.stringify(noise(4 * KB)), "json"],
  ])("%s", (_, json, attribute) => {
    expect(Object.keys(dataAttributes(json, true))).toEqual([attribute]);
    expect(readData(dataAttributes(json, true), false)?.json).toBe(json);
  });

  it("compressed only if a fifth is saved", () => {
    for (let random = 0; random <= 8_000; random += 50) {
      const json = JSON.stringify(noise(random) + " ".repeat(8_000 - random));
      const { deflated } = dataAttributes(json, true);
      const isSmall = deflateSync(json).byteLength <= 0.8 * Buffer.byteLength(json);
      expect(deflated !== undefined, `${random} characters of noise`).toBe(isSmall);
    }
  });

  it("as JSON text if compression is off", () => {
    const json = jsonOfBytes(20 * KB);
    expect(dataAttributes(json, false)).toEqual({ json: { S: json } });
  });
});

const jsonTexts = fc.oneof(
  fc.json(),
  fc.array(fc.json({ depthSize: "small" }), { minLength: 20, maxLength: 60 }).map((all) => `[${all.join()}]`),
  fc
    .tuple(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 3_000 }))
    .map(([text, times]) => JSON.stringify(text.repeat(times).slice(0, 60_000))),
);

it("reads any data unchanged, in the SDK's form and in that of the wire", () => {
  const property = fc.property(jsonTexts, (json) => {
    const item = dataAttributes(json, true);
    const atRest = item.deflated?.B?.byteLength;
    const data = { json, ...(atRest !== undefined && { bytesAtRest: atRest }) };
    expect(readData(item, false)).toEqual(data);
    expect(readData(onTheWire(item), false)).toEqual(data);
  });
  fc.assert(property, { numRuns: 300 });
});

describe("a malformed row has no data", () => {
  const good = deflateSync(jsonOfBytes(4 * KB));
  const changed = Buffer.from(good);
  changed[good.length >> 1] = (changed[good.length >> 1] ?? 0) ^ 0x40;

  it.each<[string, Item]>([
    ["neither attribute", {}],
    ["no bytes", binary(new Uint8Array())],
    ["an attribute of another type", { deflated: { S: good.toString("base64") } }],
    ["bytes that are not compressed", binary(Buffer.from('{"a":1}'))],
    ["the first half of the bytes", binary(good.subarray(0, good.length >> 1))],
    ["all bytes but the last", binary(good.subarray(0, -1))],
    ["one changed bit", binary(changed)],
    ["text that is not JSON", binary(deflateSync("{"))],
    ["bytes that are not UTF-8", binary(deflateSync(Buffer.from([0x22, 0xff, 0x22])))],
    ["128 KB and one byte", binary(deflateSync(jsonOfBytes(JSON_BYTES_MAX + 1)))],
    ["200 MB in 200 KB", binary(deflateSync(Buffer.alloc(200 * KB * KB, "1")))],
    ["base64 that is none", { deflated: { B: "*** none ***" } } as unknown as Item],
    ["an object for its bytes", { deflated: { B: {} } } as unknown as Item],
  ])("if it has %s", (_, item) => {
    expect(readData(item, false)).toBeUndefined();
  });

  it("if its data must be a string and is not", () => {
    expect(readData(binary(good), true)).toBeUndefined();
    expect(readData({ json: { S: "1" } }, true)).toBeUndefined();
  });
});

it("ignores the compressed data of a row that has JSON text", () => {
  expect(readData({ json: { S: "1" }, ...binary(deflateSync("2")) }, false)).toEqual({ json: "1" });
});

/** Returns characters that cannot be compressed by a fifth. */
function noise(length: number): string {
  let seed = 1;
  const next = (): string => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(0x23 + (seed % 0x5c));
  };
  return Array.from({ length }, next).join("");
}
