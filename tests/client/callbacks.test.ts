/** Callbacks of the user that fail, also later: the client continues, and no rejection ends the process. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PubsubClientError } from "../../packages/client/src/index.ts";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);

beforeEach(() => {
  rejections.length = 0;
  process.on("unhandledRejection", onRejection);
});
afterEach(() => {
  process.off("unhandledRejection", onRejection);
  expect(rejections).toEqual([]);
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const fail = async (): Promise<void> => {
  throw new Error("the database is down");
};

describe("a callback whose promise rejects", () => {
  it("is reported once if it is onEvent, and the next event is delivered", async () => {
    const { client, socket, errors } = createHarness();
    const seen: number[] = [];
    client.subscribe("room", async ({ offset }) => {
      seen.push(offset);
      if (offset === 1) await fail();
    });
    socket().open();
    socket().subscribed(0);
    socket().events([1, 2]);
    await settled();
    expect(seen).toEqual([1, 2]);
    expect(errors).toMatchObject([
      { code: "CALLBACK_FAILED", message: "onEvent rejected", cause: { message: "the database is down" } },
    ]);
  });

  it("is reported if it is onGap or onStateChange", async () => {
    const { client, socket, errors } = createHarness();
    client.onStateChange(fail);
    client.subscribe("room", () => {}, { since: { epoch: "a", offset: 1 }, onGap: fail });
    socket().open();
    socket().subscribed(9, { recovered: false });
    await settled();
    expect(errors.map(({ message }) => message).sort()).toEqual(["onGap rejected", "onStateChange rejected"]);
  });
});

describe("an onError that fails", () => {
  it.each<[string, () => unknown]>([
    ["rejects", fail],
    [
      "throws",
      () => {
        throw new Error("the database is down");
      },
    ],
  ])(
    "is called once more with its own error, and the console gets that if it fails again: %s",
    async (_, onError) => {
      const logged = vi.spyOn(console, "error").mockImplementation(() => {});
      const calls: PubsubClientError[] = [];
      const { socket } = await createSubscribed({
        onError: (error) => {
          calls.push(error);
          return onError() as undefined;
        },
      });
      socket().message("nothing that we know");
      await settled();
      expect(calls.map(({ code }) => code)).toEqual(["UNKNOWN_FRAME", "CALLBACK_FAILED"]);
      expect(logged.mock.calls).toEqual([[calls[1]]]);
      logged.mockRestore();
    },
  );
});
