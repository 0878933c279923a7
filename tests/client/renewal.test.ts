/** A subscription that ends, such as with its token, is renewed before. The client used to look once a minute. */
import { describe, expect, it } from "vitest";
import type { PubsubClientOptions } from "../../packages/client/src/index.ts";
import { createHarness, type Harness, held, NOTHING, type SentFrame } from "../support/client-harness.ts";
import { createVirtualTime } from "./simulation/virtual-time.ts";

const MINUTE = 60_000;

interface World extends Harness {
  seen: number[];
  ended: unknown[];
  /** When each SUBSCRIBE came, since the first one, and the message. */
  asked: [atMs: number, frame: SentFrame][];
  /** Lets time pass. The server responds to PINGs at once, and to each SUBSCRIBE as `onSubscribe` does. */
  live(ms: number, onSubscribe: () => SentFrame): Promise<void>;
  stop(): void;
}

interface Given extends PubsubClientOptions {
  /** The server's clock minus the client's. */
  skewMs?: number;
  token?: string | (() => string) | undefined;
}

let tokens = 0;
const fresh = (): string => `secret-${++tokens}`;

/** A client that subscribed for `leftMs`, as a server says it that has `expiresInMs`, or one that has not. */
async function subscribed(leftMs: number, { token = fresh, skewMs, ...options }: Given = {}): Promise<World> {
  tokens = 0;
  const harness = createHarness({ maxConnectionAgeMs: 7_200_000, ...options });
  const { client, time, socket } = harness;
  const seen: number[] = [];
  const ended: unknown[] = [];
  const asked: World["asked"] = [];
  socket().open();
  const stop = client.subscribe("room", ({ offset }) => seen.push(offset), {
    ...(token !== "" && { token }),
    onEnd: (error: unknown) => ended.push(error),
  });
  await time.pass(0);
  socket().subscribed(0, ends(harness, leftMs, skewMs));
  const startMs = time.now();
  return {
    ...harness,
    seen,
    ended,
    asked,
    stop,
    async live(ms, onSubscribe) {
      for (const endMs = time.now() + ms; time.now() < endMs; await time.pass(250)) {
        const sent = socket().sent.map(({ action }) => action);
        if (sent.includes("PING")) socket().pong(withoutNews(socket().sent));
        if (sent.includes("SUBSCRIBE")) asked.push([time.now() - startMs, onSubscribe()]);
      }
    },
  };
}

/** What a server says of the positions of the oldest PING if nothing was published. */
const withoutNews = (sent: readonly SentFrame[]): Record<string, object> => {
  const { positions = {} } = sent.find(({ action }) => action === "PING") ?? {};
  return Object.fromEntries(
    Object.entries(positions).map(([topicId, at]) => [topicId, { ...at, recovered: true }]),
  );
};

const ends = ({ time }: Harness, leftMs: number, skewMs = 0) => ({
  expiresAt: Math.floor((time.now() + skewMs + leftMs) / 1_000),
  expiresInMs: leftMs,
});

const times = ({ asked }: World): number[] => asked.map(([atMs]) => Math.round(atMs / 1_000));

describe("a subscription that ends", () => {
  it("is renewed at 78 % of its time with another token and its position, and misses nothing", async () => {
    const world = await subscribed(5 * MINUTE);
    const { socket, seen, live, asked } = world;
    socket().events([1]);
    await live(9 * MINUTE, () => socket().subscribed(1, ends(world, 5 * MINUTE)));
    expect(times(world)).toEqual([234, 468]);
    expect(asked.map(([, frame]) => frame)).toMatchObject([
      { token: "secret-2", since: { epoch: "a", offset: 1 } },
      { token: "secret-3", since: { epoch: "a", offset: 1 } },
    ]);
    socket().events([2]);
    expect(seen).toEqual([1, 2]);
  });

  it("delivers what arrives between the renewal and its response", async () => {
    const { socket, seen, time, live } = await subscribed(5 * MINUTE);
    await live(233_000, () => expect.fail("renewed"));
    await time.pass(2_000);
    socket().events([1]);
    expect(seen).toEqual([1]);
    socket().subscribed(1);
    socket().events([2]);
    expect(seen).toEqual([1, 2]);
  });

  it.each([
    [0, 240],
    [0.999, 228],
  ])("is renewed a little earlier by another client: random number %d", async (random, seconds) => {
    const world = await subscribed(5 * MINUTE, { random: () => random });
    await world.live(4.5 * MINUTE, () => world.socket().subscribed(0));
    expect(times(world)).toEqual([seconds]);
  });

  // The client would renew in a loop, or never, if it compared the server's time with its own
  it.each([-3_600_000, -30_000, 30_000, 3_600_000])(
    "is renewed in time if the server's clock differs by %d ms",
    async (skewMs) => {
      const world = await subscribed(MINUTE, { skewMs });
      await world.live(2 * MINUTE, () => world.socket().subscribed(0, ends(world, MINUTE, skewMs)));
      expect(times(world)).toEqual([47, 94]);
    },
  );

  it("is renewed by the client's own clock if the server does not say how long it lasts", async () => {
    const world = await subscribed(MINUTE);
    const { socket, time, live } = world;
    await live(MINUTE, () => socket().subscribed(0, { expiresAt: time.now() / 1_000 + 100 }));
    await live(99_000, () => socket().subscribed(0, { expiresAt: time.now() / 1_000 - 500 }));
    // The last end lies in the past: the clocks differ, and nothing says by how much
    await live(119_000, () => socket().subscribed(0));
    expect(times(world)).toEqual([47, 125, 185]);
  });

  it("is not renewed if it lasts for as long as its connection", async () => {
    const world = await subscribed(4 * MINUTE);
    await world.live(60 * MINUTE, () => world.socket().subscribed(0));
    expect(world.asked).toHaveLength(1);
  });

  it("is renewed ever closer to an end that stays the same, and at most once a second", async () => {
    const world = await subscribed(5 * MINUTE, { random: () => 0 });
    const { socket, time, live } = world;
    const endMs = time.now() + 5 * MINUTE;
    await live(299_000, () => socket().subscribed(0, ends(world, endMs - time.now())));
    expect(times(world)).toEqual([240, 288, 298]);
  });

  it.each([false, true])("is renewed once after a sleep of the device (page shown: %j)", async (isShown) => {
    // Its timers stand still while it sleeps, so that the one of the renewal would ring an hour late
    const time = createVirtualTime();
    let sleptMs = 0;
    const { setTimeout, clearTimeout } = time;
    const clock = { now: () => time.now() + sleptMs, setTimeout, clearTimeout };
    const { client, socket, wake } = createHarness({ clock });
    socket().open();
    client.subscribe("room", () => {}, { token: fresh });
    await time.pass(0);
    socket().subscribed(0, { expiresAt: 300, expiresInMs: 5 * MINUTE });
    await time.pass(3_000);
    socket().pong({ room: { epoch: "a", offset: 0, recovered: true } });
    sleptMs = 60 * MINUTE;
    if (isShown) {
      wake();
      socket().pong();
    }
    await time.pass(isShown ? 0 : MINUTE);
    expect(socket().subscribed(0).since).toEqual({ epoch: "a", offset: 0 });
    await time.pass(9_000);
    expect(socket().sent.filter(({ action }) => action === "SUBSCRIBE")).toEqual([]);
  });
});

describe("a renewal", () => {
  it("that is refused is tried again until the subscription's end, and then ends it with REFUSED", async () => {
    const world = await subscribed(5 * MINUTE, { random: () => 0 });
    const { socket, ended, live, asked } = world;
    await live(299_500, () => socket().refuse("FORBIDDEN"));
    expect(times(world).slice(0, 3)).toEqual([240, 288, 298]);
    expect(ended).toEqual([]);
    await live(MINUTE, () => socket().refuse("FORBIDDEN"));
    expect(ended).toMatchObject([{ code: "REFUSED", context: { code: "FORBIDDEN" } }]);
    // Each with a token of its own
    expect(new Set(asked.map(([, { token }]) => token)).size).toBe(asked.length);
  });

  it("that is accepted after one that was refused keeps the position", async () => {
    const world = await subscribed(5 * MINUTE);
    const { socket, seen, ended, live } = world;
    socket().events([1, 2]);
    let refused = 0;
    await live(6 * MINUTE, () =>
      refused++ === 0 ? socket().refuse("FORBIDDEN") : socket().subscribed(2, ends(world, 5 * MINUTE)),
    );
    expect(world.asked[1]?.[1].since).toEqual({ epoch: "a", offset: 2 });
    socket().events([3]);
    expect([seen, ended, world.asked.length]).toEqual([[1, 2, 3], [], 2]);
  });

  it("that is refused does not end a subscription without a token before its time either", async () => {
    const world = await subscribed(MINUTE, { token: "" });
    const { socket, ended, live } = world;
    await live(50_000, () => socket().refuse("FORBIDDEN"));
    expect([world.asked.length, ended]).toEqual([1, []]);
    await live(MINUTE, () => socket().refuse("FORBIDDEN"));
    expect(ended).toMatchObject([{ code: "REFUSED" }]);
  });

  it("that finds the subscription removed ends it as any SUBSCRIBE does", async () => {
    const world = await subscribed(5 * MINUTE, { token: "fixed" });
    const { socket, time, ended } = world;
    await time.pass(3_000);
    socket().pong({ room: { subscribed: false } });
    socket().refuse("FORBIDDEN");
    expect(ended).toMatchObject([{ code: "REFUSED" }]);
  });

  it("whose token function fails is tried again soon", async () => {
    let calls = 0;
    const token = (): string => {
      if (++calls === 2) throw new Error("offline");
      return `secret-${calls}`;
    };
    const world = await subscribed(5 * MINUTE, { token });
    await world.live(4.5 * MINUTE, () => world.socket().subscribed(0));
    expect(world.asked.map(([, frame]) => frame.token)).toEqual(["secret-3"]);
    expect(world.errors).toMatchObject([{ code: "CALLBACK_FAILED" }]);
  });

  it("is planned again by a rotation, whose SUBSCRIBE has another token", async () => {
    const world = await subscribed(5 * MINUTE, { maxConnectionAgeMs: 200_000 });
    const { sockets, socket, live, time } = world;
    await live(195_000, () => expect.fail("renewed"));
    expect(sockets).toHaveLength(2);
    socket().open();
    await time.pass(0);
    expect(socket().subscribed(0, ends(world, 5 * MINUTE)).token).toBe("secret-2");
    sockets[0]?.cut();
    await live(MINUTE, () => expect.fail("renewed"));
    // Beyond the moment that the first connection had planned
    expect(time.now()).toBeGreaterThan(240_000);
  });

  it("leaves no timer behind after the subscription ended", async () => {
    const world = await subscribed(5 * MINUTE);
    world.stop();
    world.client.close();
    expect(held(world)).toEqual(NOTHING);
  });
});

it("subscribes again with its position when a PONG says that the subscription has expired", async () => {
  const { socket, seen, time } = await subscribed(5 * MINUTE);
  socket().events([1]);
  await time.pass(3_000);
  socket().pong({ room: { subscribed: false, reason: "expired" } });
  await time.pass(0);
  expect(socket().subscribed(1).since).toEqual({ epoch: "a", offset: 1 });
  socket().events([2]);
  expect(seen).toEqual([1, 2]);
});
