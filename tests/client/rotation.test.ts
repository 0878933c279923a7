import { describe, expect, it } from "vitest";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

describe("rotation", () => {
  it("delivers each event once, without a gap, while the new connection takes over", async () => {
    const { client, sockets, time, seen } = await createSubscribed({
      maxConnectionAgeMs: 100_000,
      heartbeatMs: 500_000,
    });
    const [old] = sockets;
    old?.events([1, 2]);
    await time.pass(92_001); // 5 % of jitter
    const [, next] = sockets;
    if (!old || !next) throw new Error("no second connection");
    expect(old.closed).toBeUndefined();
    next.open();
    expect(next.take("SUBSCRIBE").since).toEqual({ epoch: "a", offset: 2 });
    expect(client.state).toBe("open");
    old.events([3]);
    await time.pass(5_000);
    expect(old.closed).toBeUndefined();
    next.message({
      type: "SUBSCRIBED",
      requestId: "1",
      topicId: "room",
      epoch: "a",
      offset: 3,
      recovered: true,
    });
    next.events([3, 4]);
    old.events([4, 5]);
    await time.pass(2_000);
    expect(old.closed?.reason).toBe("rotated");
    old.events([6]);
    next.events([5]);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it("keeps the old connection while the new one cannot connect", async () => {
    const { client, sockets, time, seen } = await createSubscribed({
      maxConnectionAgeMs: 100_000,
      heartbeatMs: 500_000,
    });
    await time.pass(92_001);
    sockets[1]?.cut();
    await time.pass(500);
    sockets[0]?.events([1]);
    sockets[2]?.cut();
    expect([client.state, seen, sockets[0]?.closed]).toEqual(["open", [1], undefined]);
  });

  it("uses the new connection when the old one is cut during the rotation", async () => {
    const { client, sockets, time } = await createSubscribed({
      maxConnectionAgeMs: 100_000,
      heartbeatMs: 500_000,
    });
    await time.pass(92_001);
    sockets[0]?.cut(1001);
    expect(client.state).toBe("reconnecting");
    sockets[1]?.open();
    expect(client.state).toBe("open");
    expect(sockets[1]?.subscribed(0).since).toEqual({ epoch: "a", offset: 0 });
    await time.pass(10_000);
    expect(sockets).toHaveLength(2);
  });

  it("closes the old connection also without a subscription", async () => {
    const { sockets, time } = createHarness({ maxConnectionAgeMs: 100_000, heartbeatMs: 500_000 });
    sockets[0]?.open();
    await time.pass(95_001);
    sockets[1]?.open();
    await time.pass(2_000);
    expect(sockets[0]?.closed?.reason).toBe("rotated");
  });
});
