import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";
import { connect, type Frame, type TestSocket } from "../support/sockets.ts";

/** The limits of functions/websocket-limits.ts. */
const SUBSCRIPTIONS_MAX = 5;
const FRAMES_AT_ONCE = 40;

const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-limits") },
  // Several environments, for concurrent subscriptions, and few enough buckets to empty them all
  websocket: { maximumConcurrency: 4 },
}));

async function topicsInTable(among: readonly string[]): Promise<string[]> {
  const rows = await readRows(local, "consumer#");
  return rows.map(({ u }) => u?.S?.slice("topic#".length) ?? "").filter((topicId) => among.includes(topicId));
}

const topics = (count: number): string[] => Array.from({ length: count }, () => randomUUID()).toSorted();
const subscribe = (socket: TestSocket, topicId: string): Promise<Frame> =>
  socket.request({ action: "SUBSCRIBE", topicId });

describe("the subscriptions of a connection", () => {
  it("rejects a subscription beyond the limit and writes nothing, until another one ends", async () => {
    const socket = await connect(local.stack);
    const [next = "", ...fitting] = topics(SUBSCRIPTIONS_MAX + 1);
    for (const topicId of fitting)
      expect(await subscribe(socket, topicId)).toMatchObject({ type: "SUBSCRIBED" });
    const refused = await subscribe(socket, next);
    const message = "a connection may have 5 subscriptions";
    expect(refused).toMatchObject({ type: "ERROR", code: "TOO_MANY_SUBSCRIPTIONS", message });
    expect(await topicsInTable([next, ...fitting])).toEqual(fitting);
    expect(await subscribe(socket, fitting[0] ?? "")).toMatchObject({ type: "SUBSCRIBED" });
    await socket.request({ action: "UNSUBSCRIBE", topicId: fitting[1] ?? "" });
    expect(await subscribe(socket, next)).toMatchObject({ type: "SUBSCRIBED" });
    const other = await connect(local.stack);
    expect(await subscribe(other, next)).toMatchObject({ type: "SUBSCRIBED" });
  });

  it("keeps the limit when more subscriptions are requested at once", async () => {
    const socket = await connect(local.stack);
    const asked = topics(20);
    const answers = await Promise.all(asked.map((topicId) => subscribe(socket, topicId)));
    const accepted = answers
      .filter(({ type }) => type === "SUBSCRIBED")
      .map(({ topicId }) => String(topicId));
    expect(accepted.length).toBeLessThanOrEqual(SUBSCRIPTIONS_MAX);
    expect(await topicsInTable(asked)).toEqual(accepted.toSorted());
    const codes = answers.filter(({ type }) => type === "ERROR").map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(["TOO_MANY_SUBSCRIPTIONS"]));
  });
});

describe("the frames of a connection", () => {
  it("rejects messages beyond the rate with an error and does not affect other connections", async () => {
    const [socket, other] = [await connect(local.stack), await connect(local.stack)];
    const pings = Array.from({ length: 8 * FRAMES_AT_ONCE }, () => socket.request({ action: "PING" }));
    const answers = await Promise.all(pings);
    const refused = answers.filter(({ type }) => type === "ERROR");
    expect(refused.length).toBeGreaterThan(0);
    // Each environment of the function counts its own frames
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(FRAMES_AT_ONCE);
    expect(refused[0]).toMatchObject({ code: "RATE_LIMITED", message: expect.stringContaining("later") });
    expect(await other.request({ action: "PING" })).toMatchObject({ type: "PONG" });
    await eventually(() => {
      expect(local.log.filter((line) => line.includes("RATE_LIMITED")).length).toBe(refused.length);
    });
  });
});
