import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { handleOrders } from "../support/handle-orders.ts";
import { quantile } from "../support/statistics.ts";
import { until } from "../support/until.ts";
import { type AbuseClient, connectClient } from "./client.ts";
import { MEMBER } from "./frames.ts";
import type { OtherOrder, OtherReply } from "./other-client.ts";

const PERIOD_MS = 500;
const latenciesMs: number[] = [];
let running: Promise<void> | undefined;
let stopping = false;

/** It ends its subscription each time, so that it stays well within its own limits. */
async function subscribeAgainAndAgain(client: AbuseClient): Promise<void> {
  while (!stopping) {
    const topicId = randomUUID();
    const responses = client.responses();
    const beganMs = performance.now();
    client.send(JSON.stringify({ action: "SUBSCRIBE", topicId, requestId: "s", token: MEMBER }));
    await until("the other client's SUBSCRIBED", () => client.responses() > responses);
    latenciesMs.push(performance.now() - beganMs);
    client.send(JSON.stringify({ action: "UNSUBSCRIBE", topicId }));
    await delay(PERIOD_MS);
  }
}

handleOrders<OtherOrder, OtherReply>(async ({ do: what, websocketUrl }) => {
  if (what === "start") {
    const client = await connectClient(websocketUrl);
    running = subscribeAgainAndAgain(client);
  } else {
    stopping = true;
    await running;
  }
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    medianMs: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? 0,
  };
});
