import { describe, expect, it } from "vitest";
import { startedUnits } from "../../packages/local/src/cost/index.ts";
import { priceTable } from "../../packages/local/src/cost/price-table.ts";
import { itemBytes } from "../../packages/local/src/dynamodb/proxy/item-size.ts";
import { addUsage, costOf, subtractUsage, type Usage } from "../../packages/local/src/index.ts";
import { logEventBytes, platformLogBytes } from "../../packages/local/src/workers/log-bytes.ts";

const nothing: Usage = {
  apiGateway: { messages: 0, connectionMinutes: 0, bytesOut: 0 },
  sqs: { requests: 0, emptyReceives: 0 },
  dynamodb: { writeUnits: 0, readUnits: 0 },
  lambda: { requests: 0, gbSeconds: 0 },
  logs: { bytes: 0 },
};
const hour: Usage = {
  apiGateway: { messages: 2_000_000, connectionMinutes: 60_000, bytesOut: 2 ** 31 },
  sqs: { requests: 5_000, emptyReceives: 900 },
  dynamodb: { writeUnits: 40_000, readUnits: 80_000.5 },
  lambda: { requests: 10_000, gbSeconds: 1_500 },
  logs: { bytes: 2 ** 29 },
};

describe("the price", () => {
  it("equals AWS's list price for each service", () => {
    const cost = costOf(hour);
    expect(cost.apiGateway).toBeCloseTo(2 + 0.015, 10);
    expect(cost.sqs).toBeCloseTo(0.002, 10);
    expect(cost.dynamodb).toBeCloseTo(0.025 + 0.0100000625, 10);
    expect(cost.lambda).toBeCloseTo(0.002 + 0.0200001, 10);
    expect(cost.logs).toBeCloseTo(0.25, 10);
    const overhead = 0.002 + 0.0350000625 + 0.0220001 + 0.25;
    expect(cost.total).toBeCloseTo(2.015 + overhead, 10);
    expect(cost.overheadRatio).toBeCloseTo(overhead / 2, 10);
    expect(cost.dataTransfer).toBeCloseTo(2 * 0.09, 10);
  });

  it.each<[string, Usage, number]>([
    [
      "a million messages",
      { ...nothing, apiGateway: { messages: 1e6, connectionMinutes: 0, bytesOut: 0 } },
      1,
    ],
    [
      "a million connection minutes",
      { ...nothing, apiGateway: { messages: 0, connectionMinutes: 1e6, bytesOut: 0 } },
      0.25,
    ],
    ["a million queue requests", { ...nothing, sqs: { requests: 1e6, emptyReceives: 0 } }, 0.4],
    ["a million empty receives", { ...nothing, sqs: { requests: 0, emptyReceives: 1e6 } }, 0],
    ["a million write units", { ...nothing, dynamodb: { writeUnits: 1e6, readUnits: 0 } }, 0.625],
    ["a million read units", { ...nothing, dynamodb: { writeUnits: 0, readUnits: 1e6 } }, 0.125],
    ["a million invocations", { ...nothing, lambda: { requests: 1e6, gbSeconds: 0 } }, 0.2],
    ["a million GB-seconds", { ...nothing, lambda: { requests: 0, gbSeconds: 1e6 } }, 13.3334],
    ["a GB of logs", { ...nothing, logs: { bytes: 2 ** 30 } }, 0.5],
  ])("of %s", (_, usage, dollars) => {
    expect(costOf(usage).total).toBeCloseTo(dollars, 10);
  });

  it("has an overhead ratio of 0 without use, and of Infinity without a message", () => {
    expect(costOf(nothing)).toMatchObject({ total: 0, overheadRatio: 0 });
    expect(costOf({ ...hour, apiGateway: nothing.apiGateway }).overheadRatio).toBe(Infinity);
  });

  it("has a date, and each price has its source", () => {
    expect(priceTable).toMatchObject({ asOf: "2026-11", region: "us-east-1", currency: "USD" });
    for (const { source, unit } of Object.values(priceTable.prices)) {
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/.+\/pricing\//);
      expect(unit).not.toBe("");
    }
  });
});

describe("usage", () => {
  it("subtracts and adds each number", () => {
    expect(subtractUsage(hour, hour)).toEqual(nothing);
    expect(addUsage(hour, nothing)).toEqual(hour);
    const twice = addUsage(hour, hour);
    expect(twice).toMatchObject({
      sqs: { requests: 10_000, emptyReceives: 1_800 },
      logs: { bytes: 2 ** 30 },
    });
    expect(subtractUsage(twice, hour)).toEqual(hour);
  });

  it("counts started units, and at least one", () => {
    expect([0, 1, 32_768, 32_769, 65_537].map((bytes) => startedUnits(bytes, 32_768))).toEqual([
      1, 1, 1, 2, 3,
    ]);
  });
});

describe("sizes", () => {
  it.each<[string, unknown, number]>([
    ["strings in UTF-8, with their names", { p: { S: "añb" } }, 1 + 4],
    ["numbers as a byte for two digits and one more", { n: { N: "12345" } }, 1 + 3 + 1],
    ["numbers without leading and trailing zeros", { n: { N: "0.0012000" } }, 1 + 1 + 1],
    ["negative numbers as one byte more", { n: { N: "-12" } }, 1 + 1 + 1 + 1],
    ["numbers without their exponent", { n: { N: "1.5E+20" } }, 1 + 1 + 1],
    ["binaries as their raw bytes", { b: { B: Buffer.alloc(10).toString("base64") } }, 1 + 10],
    ["booleans and nulls", { yes: { BOOL: true }, no: { NULL: true } }, 3 + 1 + 2 + 1],
    ["sets", { s: { SS: ["ab", "c"] }, n: { NS: ["1", "22"] }, b: { BS: ["AAAA"] } }, 1 + 3 + 1 + 4 + 1 + 3],
    ["lists", { l: { L: [{ S: "ab" }, { N: "1" }] } }, 1 + 3 + (1 + 2) + (1 + 2)],
    ["maps", { m: { M: { key: { S: "v" } } } }, 1 + 3 + (1 + 3 + 1)],
    ["nothing", undefined, 0],
  ])("of items: %s", (_, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });

  it("counts log events as UTF-8 and 26 bytes each", () => {
    expect(logEventBytes("é!")).toBe(3 + 26);
  });

  const requestId = "c2f3a1de-0000-4000-8000-000000000000";
  const invocation = { requestId, status: "success", durationMs: 12.345_6, memoryMb: 1_024 } as const;
  const time = `{"time":"2026-11-23T15:00:00.000Z","type":"platform.`;
  const start = `${time}start","record":{"requestId":"${requestId}","version":"$LATEST"}}`;
  const report = (status: string, init = ""): string =>
    `${time}report","record":{"requestId":"${requestId}","status":"${status}","metrics":{"durationMs":12.346,"billedDurationMs":${init ? 113 : 13},"memorySizeMB":1024,"maxMemoryUsedMB":1024${init}}}}`;
  const done = (status: string): string =>
    `${time}runtimeDone","record":{"requestId":"${requestId}","status":"${status}","metrics":{"durationMs":12.346}}}`;
  const init = `,"initDurationMs":100`;

  it.each([
    ["none of an invocation that succeeds at WARN", invocation, "WARN", []],
    ["none of a cold start at WARN", { ...invocation, initMs: 100 }, "WARN", []],
    [
      "two of an invocation that fails at WARN",
      { ...invocation, status: "error" },
      "WARN",
      [done("error"), report("error")],
    ],
    [
      "two of a timeout at WARN",
      { ...invocation, status: "timeout" },
      "WARN",
      [done("timeout"), report("timeout")],
    ],
    ["two of an invocation that succeeds at INFO", invocation, "INFO", [start, report("success")]],
    ["two of a cold start at INFO", { ...invocation, initMs: 100 }, "INFO", [start, report("success", init)]],
  ] as const)("counts Lambda's own lines by their level: %s", (_, given, level, lines) => {
    const bytes = lines.reduce((sum, line) => sum + line.length + 26, 0);
    expect(platformLogBytes(given, level)).toBe(bytes);
  });
});
