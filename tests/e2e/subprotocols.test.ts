import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { publishToTopic } from "lambda-websocket-pubsub";
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { buildClient } from "../support/client-build.ts";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";

/** What the page's script sets, for the test to read. */
interface Seen {
  events: unknown[];
  protocols: string[];
}

const ORIGIN = "http://page.example";
const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-subprotocols") },
  allowedOrigins: [ORIGIN],
}));
const chromium = chromiumForTests();
let build: string;

beforeAll(async () => {
  build = buildClient("subprotocols");
});

const HTML = `<!doctype html><script type="module">
  import { createPubsubClient } from "/index.js";
  Object.assign(globalThis, { createPubsubClient });
</script>`;

/** An empty page that has loaded the client as it is published. */
async function openPage(): Promise<Page> {
  const page = await chromium.get().newPage();
  await page.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/") return route.fulfill({ contentType: "text/html", body: HTML });
    return route.fulfill({ contentType: "text/javascript", body: await readFile(build + pathname.slice(1)) });
  });
  await page.goto(ORIGIN);
  await page.waitForFunction(() => "createPubsubClient" in globalThis);
  return page;
}

const connect = (page: Page, protocols: string[], topicId: string): Promise<void> =>
  page.evaluate(
    async ([url, offered, topic]) => {
      const seen: Seen = { events: [], protocols: [] };
      Object.assign(globalThis, { seen });
      class Recording extends WebSocket {
        constructor(...given: ConstructorParameters<typeof WebSocket>) {
          super(...given);
          this.addEventListener("open", () => seen.protocols.push(this.protocol));
        }
      }
      const { createPubsubClient } = globalThis as unknown as typeof import("lambda-websocket-pubsub-client");
      const client = createPubsubClient({ url, protocols: offered, webSocket: Recording });
      await client.subscribe(topic, ({ data }) => seen.events.push(data)).ready;
    },
    [local.stack.websocketUrl, protocols, topicId] as const,
  );

const seenIn = (page: Page): Promise<Seen> =>
  page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);

it("the client connects in Chromium with the subprotocol that the handler prefers, and receives events", async () => {
  const page = await openPage();
  const topicId = randomUUID();
  await connect(page, ["pubsub.v1", "pubsub.v2"], topicId);
  await publishToTopic({ topicId, data: "hello", config: local.config });
  await eventually(async () => expect((await seenIn(page)).events).toEqual(["hello"]));
  expect((await seenIn(page)).protocols).toEqual(["pubsub.v2"]);
});

it("Chromium ends a connection for which the handler chose none of the subprotocols", async () => {
  const page = await openPage();
  const ended = await page.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(url, ["unknown"]);
        socket.onopen = () => resolve("open");
        socket.onclose = ({ code }) => resolve(`closed with ${code}`);
      }),
    local.stack.websocketUrl,
  );
  expect(ended).toBe("closed with 1006");
});
