/** What clients see while the back end of `authorize`, or of their token function, is down. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { listSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { collect } from "../support/samples.ts";

/** More of both: `OUTAGE_CLIENTS=200 OUTAGE_SECONDS=5 npx vitest run tests/integration/authorizer-outage.test.ts` */
const CLIENTS = Number(process.env.OUTAGE_CLIENTS ?? 40);
const OUTAGE_MS = Number(process.env.OUTAGE_SECONDS ?? 2) * 1_000;
const EVENTS = 10;

const folder = mkdtempSync(join(tmpdir(), "outage-"));
const backEndFile = join(folder, "back-end");
const setBackEnd = (state: "works" | "throws" | "hangs"): void => writeFileSync(backEndFile, state);
setBackEnd("works");
let tokenEndpointIsOut = false;
afterAll(() => rmSync(folder, { recursive: true }));

const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-outages") },
  functionEnv: { BACK_END_FILE: backEndFile },
}));

it.each([
  ["the authorizer throws", () => setBackEnd("throws")],
  ["the authorizer hangs", () => setBackEnd("hangs")],
  ["the token endpoint answers 503", () => (tokenEndpointIsOut = true)],
])("clients that reconnect while %s are subscribed again and miss nothing", async (outage, begin) => {
  const topicId = randomUUID();
  const seen = Array.from({ length: CLIENTS }, (): unknown[] => []);
  const token = (): string => {
    // A token endpoint that is down often answers with the text of an error page, or with nothing
    if (tokenEndpointIsOut) throw new Error("503");
    return "valid";
  };
  const subscriptions = seen.map((events) => {
    const client = createPubsubClient({ url: local.stack.websocketUrl, onError: () => {} });
    onTestFinished(() => client.close());
    return client.subscribe(topicId, ({ data }) => events.push(data), { token });
  });
  await Promise.all(subscriptions.map(({ ready }) => ready));
  const subscribers = await eventually(async () => {
    const found = await collect(listSubscribers({ topicId, config: local.config }));
    expect(found).toHaveLength(CLIENTS);
    return found;
  });

  begin();
  for (const { connectionId } of subscribers) local.stack.faults.cut(connectionId);
  for (let n = 1; n <= EVENTS; n++) {
    await publishToTopic({ topicId, data: n, config: local.config });
    await sleep(OUTAGE_MS / EVENTS);
  }
  tokenEndpointIsOut = false;
  setBackEnd("works");
  const recoveredAtMs = Date.now();
  const all = Array.from({ length: EVENTS }, (_, index) => index + 1);
  await eventually(() => {
    for (const events of seen) expect(events).toEqual(all);
  });
  const seconds = ((Date.now() - recoveredAtMs) / 1_000).toFixed(1);
  console.log(`${CLIENTS} clients are subscribed again ${seconds} s after ${outage} no more`);
  await publishToTopic({ topicId, data: "live", config: local.config });
  await eventually(() => {
    for (const events of seen) expect(events).toEqual([...all, "live"]);
  });
});
