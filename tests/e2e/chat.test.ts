import { randomUUID } from "node:crypto";
import { publishToTopic } from "lambda-websocket-pubsub";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Chat, startChat } from "../../examples/chat/server/start-chat.ts";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";

const DESKTOP: BrowserContextOptions = { viewport: { width: 900, height: 640 }, colorScheme: "light" };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 760 }, colorScheme: "dark" };
const PAGE_TIMEOUT_MS = 120_000;

const file = stackForFile();
const chromium = chromiumForTests();
let chat: Chat;
const pageErrors: Error[] = [];

beforeAll(async () => {
  const { websocketUrl } = file.stack;
  chat = await startChat({ websocketUrl, config: file.config, port: 0, watch: false });
  return () => chat.stop();
});
afterEach(() => expect(pageErrors.splice(0)).toEqual([]));

/** Opens a page in its own browser context and waits until it has joined the room. */
async function visit(room: string, options?: BrowserContextOptions, initScript?: string): Promise<Page> {
  const context = await chromium.get().newContext(options);
  context.setDefaultTimeout(PAGE_TIMEOUT_MS);
  if (initScript !== undefined) await context.addInitScript(initScript);
  const page = await context.newPage();
  page.on("pageerror", (error) => pageErrors.push(error));
  await page.goto(`${chat.url}?room=${room}`);
  await eventually(async () => expect(await emptyText(page)).toMatch(/^Nothing here yet|before you came/));
  return page;
}

async function publish(room: string, first: number, last: number): Promise<void> {
  for (const text of numbers(first, last)) {
    await publishToTopic({ topicId: room, data: { name: "Counter", text }, config: file.config });
  }
}

const numbers = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
const newRoom = (): string => `room-${randomUUID().slice(0, 8)}`;
const texts = (page: Page): Promise<string[]> => page.locator(".message .text").allTextContents();
const emptyText = (page: Page): Promise<string | null> => page.locator("#empty").textContent();
const state = (page: Page): Promise<string | null> => page.locator("#state").textContent();
const showing = (page: Page, expected: string[]): Promise<void> =>
  eventually(async () => expect(await texts(page)).toEqual(expected));

describe("the chat page in Chromium", () => {
  it("shows every message once, in order, through a lost network and a reload", async () => {
    const room = newRoom();
    const [steady, roaming] = await Promise.all([visit(room, DESKTOP), visit(room, PHONE)]);
    await publish(room, 1, 60);

    // Seen with Chromium 156: offline emulation leaves an open WebSocket half-open. No frame passes in either
    // direction, no close event comes, and new connections fail at once. Only the client's PING detects it.
    await roaming.context().setOffline(true);
    await publish(room, 61, 140);
    await eventually(async () => expect(await state(roaming)).toBe("Reconnecting…"));
    await showing(steady, numbers(1, 140));
    const shownOffline = await texts(roaming);
    expect(shownOffline).toEqual(numbers(1, shownOffline.length));
    expect(shownOffline.length).toBeLessThanOrEqual(60);

    await roaming.context().setOffline(false);
    await publish(room, 141, 200);
    await Promise.all([steady, roaming].map((page) => showing(page, numbers(1, 200))));
    await eventually(async () => {
      expect(await Promise.all([steady, roaming].map(state))).toEqual(["Live", "Live"]);
    });
    await steady.screenshot({ path: "reports/chat-steady.png" });
    await roaming.screenshot({ path: "reports/chat-roaming.png" });

    // Messages published during the reload arrive after it, and earlier messages do not arrive again
    await Promise.all([roaming.reload(), publish(room, 201, 220)]);
    await Promise.all([steady, roaming].map((page) => showing(page, numbers(1, 220))));
    await Promise.all([steady, roaming].map((page) => page.context().close()));
  });

  it("sends typed messages and shows them as text, never as HTML", async () => {
    const room = newRoom();
    const [ada, ben] = await Promise.all([visit(room, DESKTOP), visit(room, PHONE)]);
    const say = async (page: Page, name: string, text: string): Promise<void> => {
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Message", { exact: true }).fill(text);
      await page.getByRole("button", { name: "Send" }).click();
    };
    const said = ["Is the <b>new</b> build out?", "<img src=x onerror=alert(1)>", "It is. See you at four"];
    await say(ada, "Ada", said[0] ?? "");
    await showing(ben, said.slice(0, 1));
    await say(ben, "Ben", said[1] ?? "");
    await showing(ada, said.slice(0, 2));
    await say(ben, "Ben", said[2] ?? "");
    await Promise.all([ada, ben].map((page) => showing(page, said)));
    expect(await ada.locator(".mine .text").allTextContents()).toEqual(said.slice(0, 1));
    expect(await ben.locator(".mine .text").allTextContents()).toEqual(said.slice(1));
    await eventually(async () =>
      expect(await ben.getByLabel("Message", { exact: true }).inputValue()).toBe(""),
    );
    await ada.screenshot({ path: "reports/chat-typed-desktop.png" });
    await ben.screenshot({ path: "reports/chat-typed-phone.png" });
    await Promise.all([ada, ben].map((page) => page.context().close()));
  });

  it("counts the 33 messages that a first visitor does not see, and then shows the 34th", async () => {
    const room = newRoom();
    await publish(room, 1, 33);
    const page = await visit(room);
    expect(await emptyText(page)).toBe("33 messages were written before you came. New ones appear here.");
    expect(await page.locator("#empty").isVisible()).toBe(true);
    await page.reload();
    await eventually(async () => expect(await emptyText(page)).toMatch(/^33 messages/));
    await publish(room, 34, 34);
    await showing(page, ["34"]);
    expect(await page.locator("#empty").isVisible()).toBe(false);
    await page.context().close();
  });

  it("shows a gap when the history after its position is gone", async () => {
    const room = newRoom();
    const { epoch } = await publishToTopic({
      topicId: room,
      data: { text: "long ago" },
      config: file.config,
    });
    const older = `${"0".repeat(epoch.length)}`;
    const saved = JSON.stringify({ position: { epoch: older, offset: 7 }, entries: [] });
    const storage = `sessionStorage.setItem(${JSON.stringify(`chat:${room}`)}, ${JSON.stringify(saved)})`;
    const page = await visit(room, DESKTOP, storage);
    await eventually(async () => expect(await page.locator(".gap").allTextContents()).toHaveLength(1));
    expect(await page.locator(".gap").textContent()).toMatch(/gone/);
    await publish(room, 1, 1);
    await eventually(async () => expect((await texts(page)).at(-1)).toBe("1"));
    await page.screenshot({ path: "reports/chat-gap.png" });
    await page.context().close();
  });
});
