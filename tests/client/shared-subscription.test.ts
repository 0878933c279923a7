import { describe, expect, it } from "vitest";
import type { Position } from "../../packages/client/src/index.ts";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

const at = (offset: number, epoch = "a"): Position => ({ epoch, offset });

describe("several subscribers of a topic", () => {
  it("send UNSUBSCRIBE only after the last of them has stopped", async () => {
    const { client, socket, seen, stop } = await createSubscribed();
    socket().events([1]);
    const more: number[] = [];
    const second = client.subscribe("room", ({ offset }) => more.push(offset));
    expect(await second.ready).toEqual(at(1));
    socket().events([2]);
    stop();
    stop();
    socket().events([3]);
    expect(socket().sent).toEqual([]);
    second();
    expect(socket().take("UNSUBSCRIBE").topicId).toBe("room");
    socket().events([4]);
    expect([seen, more]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it("replay from a later one's own position without duplicates for the first", async () => {
    const { client, socket, seen } = await createSubscribed();
    socket().events([1, 2, 3]);
    const more: (number | string)[] = [];
    const onGap = (): unknown => more.push("gap");
    const second = client.subscribe("room", ({ offset }) => more.push(offset), { since: at(1), onGap });
    expect(socket().pong({ room: { ...at(4), recovered: true } }).positions).toEqual({ room: at(1) });
    expect(await second.ready).toEqual(at(4));
    socket().events([2, 3, 4]);
    expect([seen, more]).toEqual([
      [1, 2, 3, 4],
      [2, 3, 4],
    ]);
    const third: (number | string)[] = [];
    client.subscribe("room", ({ offset }) => third.push(offset), {
      since: at(0, "0"),
      onGap: ({ from, to }) => third.push(`${from.epoch}${from.offset}-${to.epoch}${to.offset}`),
    });
    socket().pong({ room: { ...at(4), recovered: false } });
    socket().events([5]);
    expect([seen.length, more.length, third]).toEqual([5, 4, ["01-a4", 5]]);
  });

  it("begin at the same position when they subscribe before the response", async () => {
    const { client, socket } = createHarness();
    const seen: string[] = [];
    client.subscribe("room", ({ offset }) => seen.push(`first ${offset}`));
    socket().open();
    client.subscribe("room", ({ offset }) => seen.push(`second ${offset}`));
    socket().events([8, 9]);
    socket().subscribed(8);
    expect(seen).toEqual(["first 9", "second 9"]);
    expect(socket().sent).toEqual([]);
  });

  it("begin after the events that the others had seen while the client reconnects", async () => {
    const { client, socket, time, seen } = await createSubscribed();
    socket().events([1, 2]);
    socket().cut();
    await time.pass(500);
    socket().open();
    const more: number[] = [];
    const second = client.subscribe("room", ({ offset }) => more.push(offset));
    socket().events([3]);
    socket().subscribed(1); // read before 2 and 3 were published
    expect(await second.ready).toEqual(at(2));
    socket().events([1, 2, 3, 4]);
    expect([seen, more]).toEqual([
      [1, 2, 3, 4],
      [3, 4],
    ]);
  });

  it("can start and stop inside callbacks", async () => {
    const { client, socket, seen, stop } = await createSubscribed();
    const inner: number[] = [];
    client.subscribe("room", ({ offset }) => {
      if (offset === 1) client.subscribe("room", (event) => inner.push(event.offset));
      if (offset === 2) stop();
    });
    socket().events([1, 2, 3]);
    expect([seen, inner]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });
});

describe("requests about a topic", () => {
  it("are sent one at a time while subscribers come and go", async () => {
    const { client, socket } = createHarness();
    socket().open();
    client.subscribe("room", () => {})();
    client.subscribe("room", () => {})();
    const last = client.subscribe("room", () => {});
    expect(socket().sent.map(({ action }) => action)).toEqual(["SUBSCRIBE"]);
    socket().subscribed(5);
    expect(await last.ready).toEqual(at(5));
    expect(socket().sent).toEqual([]);
    last();
    client.subscribe("room", () => {});
    const { requestId } = socket().take("UNSUBSCRIBE");
    expect(socket().sent).toEqual([]);
    socket().message({ type: "UNSUBSCRIBED", requestId, topicId: "room" });
    socket().take("SUBSCRIBE");
  });
});
