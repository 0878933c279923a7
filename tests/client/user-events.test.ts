/** `onUserEvent`: the events for the user of the connection, whose topic only the server can name. */
import { describe, expect, it } from "vitest";
import type { Position, UserEventOptions } from "../../packages/client/src/index.ts";
import { createHarness, type Harness, type SentFrame } from "../support/client-harness.ts";

const OWN = "$user/7";
const at = (offset: number, epoch = "a"): Position => ({ epoch, offset });

function createConnected(): Harness {
  const harness = createHarness();
  harness.socket().open();
  return harness;
}

function watch(
  { client }: Harness,
  options: UserEventOptions = {},
): { seen: unknown[]; stop: ReturnType<Harness["client"]["onUserEvent"]> } {
  const seen: unknown[] = [];
  const onEnd = ({ code }: { code: string }): unknown => seen.push(code);
  const stop = client.onUserEvent(({ offset, topicId }) => seen.push(`${topicId} ${offset}`), {
    onGap: ({ topicId, to }) => seen.push(`gap of ${topicId} to ${to.offset}`),
    onEnd,
    ...options,
  });
  return { seen, stop };
}

/** Responds to the oldest SUBSCRIBE as the server does that knows the user. */
function subscribed({ socket }: Harness, offset: number, more: object = {}): SentFrame {
  const frame = socket().take("SUBSCRIBE");
  const answer = { type: "SUBSCRIBED", requestId: frame.requestId, topicId: OWN, recovered: true };
  socket().message({ ...answer, ...at(offset), ...more });
  return frame;
}

describe("onUserEvent", () => {
  it("asks for the user's topic without a name and without a token, and delivers its events in order", async () => {
    const harness = createConnected();
    const { seen, stop } = watch(harness);
    const { requestId: _, nonce: __, ...frame } = subscribed(harness, 4);
    expect(frame).toEqual({ action: "SUBSCRIBE", user: true, format: "event" });
    expect(await stop.ready).toEqual(at(4));
    harness.socket().events([6], { topicId: OWN });
    harness.socket().events([5], { topicId: OWN });
    harness.socket().events([5, 6], { topicId: OWN });
    expect(seen).toEqual([`${OWN} 5`, `${OWN} 6`]);
  });

  it("delivers events that arrive before SUBSCRIBED, which says the name", () => {
    const harness = createConnected();
    const { seen } = watch(harness);
    harness.socket().events([5], { topicId: OWN });
    subscribed(harness, 4);
    expect(seen).toEqual([`${OWN} 5`]);
  });

  it("sends `last`, `latest` and `since`", () => {
    const first = createConnected();
    watch(first, { last: 3, latest: true });
    expect(subscribed(first, 4, { from: at(1) })).toMatchObject({ user: true, last: 3, latest: true });
    const second = createConnected();
    watch(second, { since: at(2) });
    expect(subscribed(second, 4)).toMatchObject({ user: true, since: at(2) });
  });

  it("names the topic in heartbeats, and recovers by them", async () => {
    const harness = createConnected();
    const { seen } = watch(harness);
    subscribed(harness, 4);
    await harness.time.pass(3_000);
    const { positions } = harness.socket().pong({ [OWN]: { ...at(5), recovered: true } });
    expect(positions).toEqual({ [OWN]: at(4) });
    harness.socket().events([5], { topicId: OWN });
    expect(seen).toEqual([`${OWN} 5`]);
  });

  it("subscribes again after a heartbeat says that it is not subscribed, and after a reconnection, from its position", async () => {
    const harness = createConnected();
    const { seen } = watch(harness);
    subscribed(harness, 4);
    await harness.time.pass(3_000);
    harness.socket().pong({ [OWN]: { subscribed: false } });
    expect(subscribed(harness, 4)).toMatchObject({ user: true, since: at(4) });
    harness.socket().events([5], { topicId: OWN });
    harness.socket().cut();
    await harness.time.pass(1_000);
    harness.socket().open();
    expect(subscribed(harness, 6)).toMatchObject({ user: true, since: at(5) });
    harness.socket().events([6], { topicId: OWN });
    expect(seen).toEqual([`${OWN} 5`, `${OWN} 6`]);
  });

  it("names the topic in the UNSUBSCRIBE after the last listener, and not before", () => {
    const harness = createConnected();
    const { stop } = watch(harness);
    const other = watch(harness);
    subscribed(harness, 4);
    stop();
    expect(() => harness.socket().take("UNSUBSCRIBE")).toThrow("no UNSUBSCRIBE");
    other.stop();
    expect(harness.socket().take("UNSUBSCRIBE")).toMatchObject({ topicId: OWN });
  });

  it("reports a gap with the topic's name", () => {
    const harness = createConnected();
    const { seen } = watch(harness, { since: at(1) });
    subscribed(harness, 9, { recovered: false });
    expect(seen).toEqual([`gap of ${OWN} to 9`]);
  });

  it("ends with REFUSED if the server knows no user", async () => {
    const harness = createConnected();
    const { seen, stop } = watch(harness);
    harness.socket().refuse("FORBIDDEN");
    await expect(stop.ready).rejects.toMatchObject({ code: "REFUSED", context: { code: "FORBIDDEN" } });
    expect(seen).toEqual(["REFUSED"]);
  });

  it("gets no event of a topic, and a topic gets none of the user's", () => {
    const harness = createConnected();
    const { seen } = watch(harness);
    subscribed(harness, 0);
    const room: number[] = [];
    harness.client.subscribe("room", ({ offset }) => room.push(offset));
    harness.socket().subscribed(0);
    harness.socket().events([1], { topicId: OWN });
    harness.socket().events([1, 2]);
    expect({ seen, room }).toEqual({ seen: [`${OWN} 1`], room: [1, 2] });
  });

  it.each([
    ["a token", { token: "t" }, "options.token must be omitted"],
    ["load", { load: async () => ({}) }, "options.load must be omitted"],
    ["last 0", { last: 0 }, "options.last must be an integer from 1 to 1000"],
    ["latest false", { latest: false }, "options.latest must be true"],
  ])("throws for %s", (_, options, message) => {
    const { client } = createHarness();
    expect(() => client.onUserEvent(() => {}, options as UserEventOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("throws if onEvent is no function", () => {
    const { client } = createHarness();
    expect(() => client.onUserEvent("x" as unknown as () => void)).toThrow("onEvent must be");
  });
});
