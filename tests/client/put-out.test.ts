import { describe, expect, it } from "vitest";
import type { PubsubClientError } from "../../packages/client/src/index.ts";
import { createSubscribed } from "../support/client-harness.ts";

describe("an ERROR frame with the code DISCONNECTED", () => {
  const putOut = { type: "ERROR", code: "DISCONNECTED", message: "Your account was closed." };

  it("closes the client, ends subscriptions and publications with CONNECTION_REFUSED, and connects no more", async () => {
    const { client, socket, sockets, time, errors, stop } = await createSubscribed();
    const ends: PubsubClientError[] = [];
    const other = client.subscribe("other", () => {}, { onEnd: (error) => ends.push(error) });
    const published = client.publish("other", "x");
    socket().message(putOut);
    const refused = {
      code: "CONNECTION_REFUSED",
      message: "DISCONNECTED: Your account was closed.",
      context: { code: "DISCONNECTED" },
    };
    expect(client.state).toBe("closed");
    expect(socket().closed).toBeDefined();
    expect(errors).toMatchObject([refused]);
    expect(ends).toMatchObject([refused]);
    await expect(other.ready).rejects.toMatchObject(refused);
    await expect(published).rejects.toMatchObject({ code: refused.code, context: refused.context });
    await stop.ready;
    const later = client.subscribe("later", () => {});
    await expect(later.ready).rejects.toMatchObject(refused);
    socket().cut(1000);
    await time.pass(600_000);
    expect([sockets.length, time.timers, errors.length]).toEqual([1, 0, 1]);
  });

  it.each(["connect", "reconnect"] as const)("lets the app try again with %s()", async (how) => {
    const { client, socket, sockets, time } = await createSubscribed();
    socket().message(putOut);
    client.subscribe("later", () => {});
    client[how]();
    await time.pass(1_000);
    expect(sockets).toHaveLength(2);
    expect(client.state).toBe("connecting");
  });

  // A publisher could otherwise put out all subscribers that also have a subscription in the data format
  it.each([
    ["no nonce", { nonce: undefined }],
    ["another nonce", { nonce: "forged-nonce" }],
  ])("changes nothing with %s", async (_, nonce) => {
    const { client, socket, errors } = await createSubscribed();
    socket().message({ ...putOut, ...nonce });
    expect(client.state).toBe("open");
    expect(errors.map(({ code }) => code)).toEqual(["UNKNOWN_FRAME"]);
  });

  it("closes the client also if it comes on the older connection of a rotation", async () => {
    const { client, sockets, time } = await createSubscribed({
      maxConnectionAgeMs: 100_000,
      heartbeatMs: 500_000,
    });
    await time.pass(92_001); // 5 % of jitter
    expect(sockets).toHaveLength(2);
    sockets[1]?.open();
    sockets[0]?.message(putOut);
    expect(client.state).toBe("closed");
    expect(sockets.every(({ closed }) => closed)).toBe(true);
    await time.pass(600_000);
    expect([sockets.length, time.timers]).toEqual([2, 0]);
  });
});
