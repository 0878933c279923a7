import { randomUUID } from "node:crypto";
import { publishToTopic, readTopicEvents } from "lambda-websocket-pubsub";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CountingProxy, startCountingProxy } from "../support/counting-proxy.ts";
import { eventually, within } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { installNextExample } from "../support/next-example.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";
import { watchConsole } from "./chromium/watch-console.ts";
import { whenSubscribed } from "./chromium/when-subscribed.ts";
import { buildNext, type NextServer, startNext } from "./next/next-app.ts";

const SETUP_TIMEOUT_MS = 900_000;
const PAGE_TIMEOUT_MS = 120_000;
/** What Next prints on every CI machine that keeps no build cache: https://nextjs.org/docs/messages/no-cache */
const NO_CACHE_NOTICE = "No build cache found.";

const local = stackForFile();
let proxy: CountingProxy;
let output: string;
let openedByBuild: number;
let server: NextServer;

beforeAll(async () => {
  await installNextExample();
  proxy = await startCountingProxy(local.stack.websocketUrl);
  const env = { NEXT_PUBLIC_WEBSOCKET_URL: proxy.url };
  output = await buildNext(env);
  openedByBuild = proxy.opened;
  server = await startNext({ ...env, ...local.stack.env });
  return async () => {
    await server.stop();
    await proxy.stop();
  };
}, SETUP_TIMEOUT_MS);

const newRoom = (): string => `room-${randomUUID().slice(0, 8)}`;
const topicOf = (room: string): string => `chat/${room}`;

it("next build of the example opens no connection and prints no warning", () => {
  expect(output).toContain("/rooms/[room]");
  const aboutTheExample = output.split("\n").filter((line) => !line.includes(NO_CACHE_NOTICE));
  expect(aboutTheExample.join("\n")).not.toMatch(/⚠|⨯|warn|error/i);
  expect(openedByBuild).toBe(0);
});

it("next start renders a room that is not connected, and opens no connection", async () => {
  const before = proxy.opened;
  const response = await fetch(`${server.url}/rooms/room-1`);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('<output data-state="idle">Not connected</output>');
  expect(proxy.opened).toBe(before);
});

it("next start responds with 404 to a room whose name is not allowed", async () => {
  expect((await fetch(`${server.url}/rooms/${"x".repeat(65)}`)).status).toBe(404);
});

describe("the example in Chromium", () => {
  const chromium = chromiumForTests();
  let complaints: string[] = [];

  afterEach(async () => {
    await chromium.closePages();
    await eventually(() => expect(proxy.open).toBe(0));
    expect(complaints.splice(0)).toEqual([]);
  });

  /** Opens a room, and waits until the page has subscribed, unless it cannot run scripts. */
  async function visit(room: string, options?: BrowserContextOptions): Promise<Page> {
    const context = await chromium.get().newContext({ viewport: { width: 760, height: 560 }, ...options });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    const page = await context.newPage();
    complaints = watchConsole(page);
    const subscribed = whenSubscribed(page);
    await page.goto(`${server.url}/rooms/${room}`);
    if (options?.javaScriptEnabled !== false) await within("subscription", subscribed);
    return page;
  }

  const state = (page: Page) => page.locator("output").textContent();
  const isLive = (page: Page) => eventually(async () => expect(await state(page)).toBe("Live"));
  const showing = (page: Page, texts: string[]) =>
    eventually(async () => expect(await page.locator(".messages li p").allTextContents()).toEqual(texts));
  const send = async (page: Page, name: string, text: string): Promise<void> => {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  };

  it("hydrates, shows an event once over one connection, and closes it when the visitor leaves the rooms", async () => {
    const room = newRoom();
    const before = proxy.opened;
    const page = await visit(room);
    await isLive(page);
    for (const text of ["one", "two"]) {
      const data = { name: "Ada", text };
      await publishToTopic({ topicId: topicOf(room), data, config: local.config });
    }
    await showing(page, ["one", "two"]);
    await page.screenshot({ path: "reports/next-room.png" });
    expect({ opened: proxy.opened - before, open: proxy.open }).toEqual({ opened: 1, open: 1 });

    await page.getByRole("link", { name: "Rooms" }).click();
    await page.getByRole("heading", { name: "Rooms" }).waitFor();
    await eventually(() => expect(proxy.open).toBe(0));

    // Back in the room, a new client connects
    await page.getByRole("link", { name: "room-1" }).click();
    await isLive(page);
    expect({ opened: proxy.opened - before, open: proxy.open }).toEqual({ opened: 2, open: 1 });
  });

  it("publishes the form's message, and empties the form", async () => {
    const page = await visit(newRoom());
    await isLive(page);
    await send(page, "Ada", "Is the <b>new</b> build out?");
    await showing(page, ["Is the <b>new</b> build out?"]);
    const value = (label: string) => page.getByLabel(label, { exact: true }).inputValue();
    await eventually(async () => expect([await value("Name"), await value("Message")]).toEqual(["Ada", ""]));
  });

  it("publishes the form's message without JavaScript", async () => {
    const room = newRoom();
    const page = await visit(room, { javaScriptEnabled: false });
    await send(page, "Ben", "From a browser without JavaScript");
    await eventually(async () => {
      const published: unknown[] = [];
      for await (const { data } of readTopicEvents({ topicId: topicOf(room), config: local.config }))
        published.push(data);
      expect(published).toEqual([{ name: "Ben", text: "From a browser without JavaScript" }]);
    });
  });
});
