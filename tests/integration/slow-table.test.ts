import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";

/** Ten real minutes: `SLOW_TABLE_MINUTES=10 npx vitest run tests/integration/slow-table.test.ts` */
const MINUTES = Number(process.env.SLOW_TABLE_MINUTES ?? 0.1);
const RUN_MS = MINUTES * 60_000;
/**
 * By how much the short run slows down the client's clock and the table, so that a busy machine, where a PING takes seconds
 * without any fault, does not fail it.
 */
const SLOWER = MINUTES < 1 ? 4 : 1;
const slowClock = {
  now: () => performance.now() / SLOWER,
  setTimeout: (callback: () => void, ms: number) => setTimeout(callback, SLOWER * ms),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};
const TOPICS = 100;
const WAKE_UPS = 50;

const local = stackForFile();

interface Sent {
  action: string;
}

/** As many heartbeats as ten minutes have that wait for a minute each. */
const HEARTBEAT_MS = Math.min(60_000, RUN_MS / 10) / SLOWER;

// A wake-up used to drop the live connection and to subscribe 100 times again, as long as the table was slow
it("a client with 100 topics keeps its connection through heartbeats and wake-ups while each call takes 40 ms", {
  timeout: RUN_MS + 300_000,
}, async () => {
  const sent: Sent[] = [];
  let connections = 0;
  class CountingWebSocket extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      connections += 1;
    }
    override send(data: string): void {
      sent.push(JSON.parse(data) as Sent);
      super.send(data);
    }
  }
  let wake = (): void => {};
  const errors: unknown[] = [];
  const client = createPubsubClient({
    url: local.stack.websocketUrl,
    webSocket: CountingWebSocket,
    heartbeatMs: HEARTBEAT_MS,
    heartbeatMaxMs: HEARTBEAT_MS,
    clock: slowClock,
    environment: {
      onWake(callback) {
        wake = callback;
        return () => {};
      },
    },
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => client.close());
  const subscriptions = Array.from({ length: TOPICS }, () => client.subscribe(randomUUID(), () => {}));
  await Promise.all(subscriptions.map(({ ready }) => ready));

  onTestFinished(local.stack.faults.dynamodb({ delayMs: 40 * SLOWER }));
  const sentBefore = sent.length;
  const invocationsBefore = local.stack.stats().websocket.invocations;
  for (let n = 0; n < WAKE_UPS; n++) {
    wake();
    await sleep(RUN_MS / WAKE_UPS);
  }
  const pings = (): Sent[] => sent.slice(sentBefore);
  await eventually(() => expect(pings().length).toBeGreaterThanOrEqual(10));
  const invocations = local.stack.stats().websocket.invocations - invocationsBefore;
  console.log(
    `${MINUTES} minutes: ${pings().length} PINGs, ${invocations} invocations, ${connections} connections`,
  );
  expect(pings().filter(({ action }) => action !== "PING")).toEqual([]);
  expect(invocations).toBeLessThanOrEqual(2 * pings().length);
  expect(connections).toBe(1);
  expect(errors).toEqual([]);
});
