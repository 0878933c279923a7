/** These tests check that the suite detects handlers with deliberate mistakes. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { handleSqsEvent } from "../../../packages/pubsub/src/handlers/fanout.ts";
import { frameSettings, handleWebsocketEvent } from "../../../packages/pubsub/src/handlers/websocket.ts";
import { type FuzzOrder, fuzz, type SurfaceReport } from "./fuzz.ts";
import { SECRET } from "./inputs/awkward.ts";
import { topicId } from "./inputs/frames.ts";
import { isId } from "./oracles/frame-oracle.ts";
import { holds, MAX_HEAP_GROWTH_MB } from "./run.ts";
import type { Surface } from "./surface.ts";
import { agree } from "./surfaces/decoders/decoder.ts";
import { decodersSurface } from "./surfaces/decoders.ts";
import { fanoutSurface, type HandleBatch } from "./surfaces/fanout.ts";
import { startOptionsSurface } from "./surfaces/options.ts";
import { publishSurface, shippedPublish } from "./surfaces/publish.ts";
import { NO_BRAKE, shipped, websocketSurface } from "./surfaces/websocket.ts";

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  globalThis.gc = runInNewContext("gc") as typeof globalThis.gc;
});

async function fuzzBroken<Input>(
  surface: Surface<Input>,
  order: Partial<FuzzOrder> = {},
): Promise<SurfaceReport> {
  const report = await fuzz(surface, { surface: "websocket", seed: 5, inputs: 1_000, ...order });
  expect(holds(report)).toBe(false);
  return report;
}

describe("fuzzing a broken handler of publications", () => {
  it("reports a publication that is written before anybody allowed it", async () => {
    const { rowsWritten, findings } = await fuzzBroken(
      publishSurface(async (pubsub, event) => {
        await pubsub.publish({ topicId: "room-1", data: "too early" });
        return shippedPublish(pubsub, event);
      }),
      { surface: "publish" },
    );
    expect(rowsWritten).toBeGreaterThan(0);
    expect(findings[0]?.explanation).toMatch(/^\d+ rows were written for an input that was rejected/);
  });

  it("reports a handler that lets everybody publish", async () => {
    const { findings } = await fuzzBroken(
      publishSurface((pubsub, event) => {
        const settings = frameSettings({ config: pubsub.config, authorize: () => true }, pubsub);
        return handleWebsocketEvent(pubsub, { ...settings, brake: NO_BRAKE }, event);
      }),
      { surface: "publish" },
    );
    expect(findings[0]?.explanation).toMatch(/^one ERROR \w+ is due/);
  });
});

describe("fuzzing a broken websocket handler", () => {
  it("reports a foreign error with the smallest input and the seed", async () => {
    const { findings } = await fuzzBroken(
      websocketSurface(async (pubsub, event) => {
        const { topicId } = JSON.parse(event.body ?? "{}") as { topicId?: string };
        if (topicId !== undefined) topicId.normalize();
        return shipped(pubsub, event);
      }),
    );
    expect(findings[0]).toMatchObject({ surface: "websocket", seed: 5 });
    expect(findings.map(({ explanation }) => explanation).join("\n")).toMatch(/(Type|Syntax)Error/);
  });

  it("reports a write for an input that it rejects", async () => {
    const { rowsWritten, findings } = await fuzzBroken(
      websocketSurface(async (pubsub, event) => {
        const consumer = { domainName: "a", stage: "b", connectionId: "c" };
        await pubsub.ports.subscriptions.put({ consumer, topicId: "t", format: "data", subscribedAt: 0 });
        return shipped(pubsub, event);
      }),
    );
    expect(rowsWritten).toBeGreaterThan(0);
    expect(findings[0]?.explanation).toMatch(/^\d+ rows were written for an input that was rejected/);
  });

  it("reports a leak of memory", async () => {
    const kept: unknown[] = [];
    const { crashes, heapGrowthMb } = await fuzzBroken(
      websocketSurface((pubsub, event) => {
        kept.push(new Float64Array(4_000));
        return shipped(pubsub, event);
      }),
    );
    expect(crashes).toBe(0);
    expect(heapGrowthMb).toBeGreaterThan(MAX_HEAP_GROWTH_MB);
  });

  it.each([
    ["logs the body", (body: string) => JSON.stringify({ level: "INFO", message: "frame", body })],
    ["prints the body", (body: string) => body],
  ])("reports a handler that %s", async (_, line) => {
    const { findings } = await fuzzBroken(
      websocketSurface((pubsub, event) => {
        if (event.body?.includes(SECRET)) process.stdout.write(`${line(event.body)}\n`);
        return shipped(pubsub, event);
      }),
    );
    expect(findings[0]?.explanation).toMatch(/^a log line /);
  });

  it("reports a rejected frame that the protocol allows", async () => {
    const { findings } = await fuzzBroken(
      websocketSurface((pubsub, event) =>
        shipped(pubsub, { ...event, body: event.body?.replace("PING", "PONG") }),
      ),
    );
    expect(findings[0]?.explanation).toBe("rejected with INVALID_FRAME, but docs/protocol.md allows it");
  });
});

describe("fuzzing a broken fan-out handler", () => {
  it.each<[string, HandleBatch]>([
    ["drops what it cannot read", async () => ({ batchItemFailures: [] })],
    [
      "fails a whole batch for one message",
      async (worker, event, context, options) => {
        for (const { body } of event?.Records ?? []) JSON.parse(body);
        return handleSqsEvent(worker, event, context, options);
      },
    ],
    [
      "reports none of the messages that could not be dead-lettered",
      async (...args) => ({ ...(await handleSqsEvent(...args)), batchItemFailures: [] }),
    ],
  ])("reports a handler that %s", async (_, handle) => {
    expect((await fuzzBroken(fanoutSurface(handle))).findings).not.toEqual([]);
  });
});

describe("fuzzing a broken decoder", () => {
  it.each([
    ["throws", (text: string) => Boolean(decodeURIComponent(text))],
    ["accepts an invalid text", (text: string) => agree(text !== "", isId(text))],
  ])("reports a decoder that %s", async (_, decode) => {
    const { findings } = await fuzzBroken(decodersSurface({ id: { inputs: topicId, decode } }));
    expect(findings[0]?.explanation).toMatch(/URIError|^accepted, but invalid$/);
  });
});

describe("fuzzing a broken call with options", () => {
  it("reports a foreign error", async () => {
    const broken = { valid: { topicId: "a" }, call: ({ topicId }: { topicId: string }) => topicId.trim() };
    const { findings } = await fuzzBroken(await startOptionsSurface({ broken }));
    expect(findings[0]?.explanation).toMatch(/^TypeError/);
  });
});
