import { afterEach, expect, it } from "vitest";
import { run } from "../../demo/run.ts";
import { eventually, within } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";

const file = stackForFile();
const options = { subscribers: 4, messages: 2, json: true };
const openConnections = (): number => file.stack.stats().gateway.connections;
afterEach(() => file.stack.faults.clear());

const never = (): AbortSignal => new AbortController().signal;

it("counts each message once for each client, and closes its connections", async () => {
  expect(await run(options, file.stack, never())).toMatchObject({ delivered: 8, lost: 0, duplicates: 0 });
  await eventually(() => expect(openConnections()).toBe(0));
});

it("rejects and closes every connection when a publish fails", async () => {
  const { websocketUrl, env, stop } = file.stack;
  const broken = { websocketUrl, stop, env: { ...env, PUBSUB_TABLE_NAME: "no-such-table" } };
  await expect(within("an end", run(options, broken, never()))).rejects.toMatchObject({
    code: "STORAGE_FAILED",
  });
  await eventually(() => expect(openConnections()).toBe(0));
});

it("rejects and closes every connection when clients cannot connect", async () => {
  file.stack.faults.connect({ answer: { status: 503 } });
  await expect(within("an end", run(options, file.stack, never()))).rejects.toThrow(
    `a client could not subscribe at ${file.stack.websocketUrl}: Unexpected server response: 503`,
  );
  expect(openConnections()).toBe(0);
});

it("ends at once when it is stopped while its clients connect", async () => {
  const stopping = new AbortController();
  file.stack.faults.connect({
    match() {
      stopping.abort(new Error("stopped"));
      return true;
    },
    delayMs: 60_000,
  });
  await expect(within("an end", run(options, file.stack, stopping.signal))).rejects.toThrow("stopped");
  expect(openConnections()).toBe(0);
});
