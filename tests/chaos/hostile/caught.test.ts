/** What the suite must catch: handlers that are broken on purpose. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { handleSqsEvent } from "../../../packages/pubsub/src/handlers/fanout.ts";
import { type FuzzOrder, fuzz, type SurfaceReport } from "./fuzz.ts";
import { SECRET } from "./inputs/awkward.ts";
import { topicId } from "./inputs/frames.ts";
import { isId } from "./oracles/frame-oracle.ts";
import { HEAP_GROWTH_MB_MAX, holds } from "./run.ts";
import type { Surface } from "./surface.ts";
import { agreed } from "./surfaces/decoders/decoder.ts";
import { decodersSurface } from "./surfaces/decoders.ts";
import { fanoutSurface, type HandleBatch } from "./surfaces/fanout.ts";
import { startOptionsSurface } from "./surfaces/options.ts";
import { shipped, websocketSurface } from "./surfaces/websocket.ts";

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  globalThis.gc = runInNewContext("gc") as typeof globalThis.gc;
});

async function caught<Input>(
  surface: Surface<Input>,
  order: Partial<FuzzOrder> = {},
): Promise<SurfaceReport> {
  const report = await fuzz(surface, { surface: "websocket", seed: 5, inputs: 1_000, ...order });
  expect(holds(report)).toBe(false);
  return report;
}

describe("a websocket handler", () => {
  it("that fails with an error of somebody else: with the smallest input, and the seed", async () => {
    const { findings } = await caught(
      websocketSurface(async (pubsub, event) => {
        const { topicId } = JSON.parse(event.body ?? "{}") as { topicId?: string };
        if (topicId !== undefined) topicId.normalize();
        return shipped(pubsub, event);
      }),
    );
    expect(findings[0]).toMatchObject({ surface: "websocket", seed: 5 });
    expect(findings.map(({ explanation }) => explanation).join("\n")).toMatch(/(Type|Syntax)Error/);
  });

  it("that writes before it looks", async () => {
    const { rowsWritten, findings } = await caught(
      websocketSurface(async (pubsub, event) => {
        const consumer = { domainName: "a", stage: "b", connectionId: "c" };
        await pubsub.ports.subscriptions.put({ consumer, topicId: "t", format: "data", subscribedAt: 0 });
        return shipped(pubsub, event);
      }),
    );
    expect(rowsWritten).toBeGreaterThan(0);
    expect(findings[0]?.explanation).toMatch(/^\d+ rows were written for an input that was refused/);
  });

  it("that keeps what it was sent", async () => {
    const kept: unknown[] = [];
    const { crashes, heapGrowthMb } = await caught(
      websocketSurface((pubsub, event) => {
        kept.push(new Float64Array(4_000));
        return shipped(pubsub, event);
      }),
    );
    expect(crashes).toBe(0);
    expect(heapGrowthMb).toBeGreaterThan(HEAP_GROWTH_MB_MAX);
  });

  it.each([
    ["logs what it was sent", (body: string) => JSON.stringify({ level: "INFO", message: "frame", body })],
    ["prints what it was sent", (body: string) => body],
  ])("that %s", async (_, line) => {
    const { findings } = await caught(
      websocketSurface((pubsub, event) => {
        if (event.body?.includes(SECRET)) process.stdout.write(`${line(event.body)}\n`);
        return shipped(pubsub, event);
      }),
    );
    expect(findings[0]?.explanation).toMatch(/^a log line /);
  });

  it("that refuses what the protocol allows", async () => {
    const { findings } = await caught(
      websocketSurface((pubsub, event) =>
        shipped(pubsub, { ...event, body: event.body?.replace("PING", "PONG") }),
      ),
    );
    expect(findings[0]?.explanation).toBe("refused with INVALID_FRAME what docs/protocol.md allows");
  });
});

describe("a fan-out handler", () => {
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
  ])("that %s", async (_, handle) => {
    expect((await caught(fanoutSurface(handle))).findings).not.toEqual([]);
  });
});

describe("a decoder", () => {
  it.each([
    ["throws", (text: string) => Boolean(decodeURIComponent(text))],
    ["takes what is not valid", (text: string) => agreed(text !== "", isId(text))],
  ])("that %s", async (_, decode) => {
    const { findings } = await caught(decodersSurface({ id: { inputs: topicId, decode } }));
    expect(findings[0]?.explanation).toMatch(/URIError|^taken, and not valid$/);
  });
});

describe("a call with options", () => {
  it("that fails with an error of somebody else", async () => {
    const broken = { valid: { topicId: "a" }, call: ({ topicId }: { topicId: string }) => topicId.trim() };
    const { findings } = await caught(await startOptionsSurface({ broken }));
    expect(findings[0]?.explanation).toMatch(/^TypeError/);
  });
});
