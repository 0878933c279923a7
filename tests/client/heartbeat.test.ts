import { describe, expect, it } from "vitest";
import { createHarness } from "../support/client-harness.ts";

describe("heartbeats", () => {
  it("name at most 100 topics each and fit into a frame of 32,768 bytes", async () => {
    const { client, socket, time } = createHarness();
    const topics = Array.from({ length: 230 }, (_, index) => `topic-${index}`);
    const long = Array.from({ length: 60 }, (_, index) => `${index}${"語".repeat(165)}`);
    for (const topicId of [...topics, ...long, "__proto__"]) client.subscribe(topicId, () => {});
    socket().open();
    for (const _ of [...topics, ...long, ""]) socket().subscribed(1);
    await time.pass(3_000);
    const pings = socket().sent.map((frame) => ({ ...frame, text: JSON.stringify(frame) }));
    expect(pings.every(({ text }) => new TextEncoder().encode(text).length <= 32_768)).toBe(true);
    expect(pings.every(({ positions }) => Object.keys(positions ?? {}).length <= 100)).toBe(true);
    const named = pings.flatMap(({ positions }) => Object.keys(positions ?? {}));
    expect(named.toSorted()).toEqual([...topics, ...long, "__proto__"].toSorted());
  });

  it("continue without a topic, before the idle timeout", async () => {
    const { socket, time } = createHarness();
    socket().open();
    await time.pass(60_000);
    expect(socket().take("PING").positions).toEqual({});
  });
});
