import { randomUUID } from "node:crypto";
import { publishToTopic, readTopicEvents } from "lambda-websocket-pubsub";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Chat, FUNCTIONS, startChat } from "../../examples/chat/server/start-chat.ts";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";

const DESKTOP: BrowserContextOptions = { viewport: { width: 1_280, height: 860 }, colorScheme: "light" };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 780 }, colorScheme: "dark" };
const PAGE_TIMEOUT_MS = 120_000;

const file = stackForFile(() => ({ functions: FUNCTIONS }));
const chromium = chromiumForTests();
let chat: Chat;
const pageErrors: Error[] = [];
/** Requests of pages that could send something without the WebSocket. */
const posts: string[] = [];

beforeAll(async () => {
  chat = await startChat({ websocketUrl: file.stack.websocketUrl, hasUsers: true, port: 0, watch: false });
  return () => chat.stop();
});
afterEach(async () => {
  file.stack.faults.clear();
  await chromium.closePages();
  expect([...pageErrors.splice(0), ...posts.splice(0)]).toEqual([]);
});

/** Opens a page in its own browser context and waits until it shows the room's last messages. */
async function visit(room: string, options?: BrowserContextOptions): Promise<Page> {
  const context = await chromium.get().newContext(options);
  context.setDefaultTimeout(PAGE_TIMEOUT_MS);
  const page = await context.newPage();
  page.on("pageerror", (error) => pageErrors.push(error));
  page.on("request", (request) => request.method() !== "GET" && posts.push(request.url()));
  await page.goto(`${chat.url}?room=${room}`);
  await loaded(page);
  return page;
}

async function publish(room: string, first: number, last: number): Promise<void> {
  for (const text of numbers(first, last)) {
    await publishToTopic({ topicId: room, data: { name: "Counter", text }, config: file.config });
  }
}

async function write(page: Page, text: string, name?: string): Promise<void> {
  if (name !== undefined) await page.getByLabel("Name").fill(name);
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** The texts of the room's log. */
async function logged(room: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { data } of readTopicEvents({ topicId: room, config: file.config })) {
    found.push((data as { text: string }).text);
  }
  return found;
}

const numbers = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
const newRoom = (): string => `room-${randomUUID().slice(0, 8)}`;
const loaded = (page: Page) => page.locator('main[aria-busy="false"]').waitFor();
const texts = (page: Page): Promise<string[]> => page.locator(".message .text").allTextContents();
const state = (page: Page): Promise<string | null> => page.locator(".state").textContent();
const showing = (page: Page, expected: string[]): Promise<void> =>
  eventually(async () => expect(await texts(page)).toEqual(expected));
const inState = (page: Page, name: string) => page.locator(`.message[data-mine][data-state="${name}"]`);

describe("the chat page in Chromium", () => {
  it("shows every message once, in order, through a lost network and a reload", async () => {
    const room = newRoom();
    const [steady, roaming] = await Promise.all([visit(room, DESKTOP), visit(room, PHONE)]);
    await publish(room, 1, 30);

    // Seen with Chromium 156: offline emulation leaves an open WebSocket half-open. No frame passes in either
    // direction, no close event comes, and new connections fail at once. Only the client's PING detects it.
    await roaming.context().setOffline(true);
    await publish(room, 31, 70);
    await eventually(async () => expect(await state(roaming)).toBe("Reconnecting…"));
    await showing(steady, numbers(1, 70));
    const shownOffline = await texts(roaming);
    expect(shownOffline).toEqual(numbers(1, shownOffline.length));
    expect(shownOffline.length).toBeLessThanOrEqual(30);

    await roaming.context().setOffline(false);
    await publish(room, 71, 100);
    await Promise.all([steady, roaming].map((page) => showing(page, numbers(1, 100))));
    await eventually(async () => {
      expect(await Promise.all([steady, roaming].map(state))).toEqual(["Live", "Live"]);
    });

    // The reloaded page begins with the last 50 messages of that moment
    await Promise.all([roaming.reload(), publish(room, 101, 120)]);
    await eventually(async () => {
      const shown = await texts(roaming);
      expect(shown).toEqual(numbers(121 - shown.length, 120));
      expect(shown.length).toBeGreaterThanOrEqual(50);
    });
    await showing(steady, numbers(1, 120));
  });

  it("publishes typed messages over the WebSocket, and shows them as text, never as HTML", async () => {
    const room = newRoom();
    const [ada, ben] = await Promise.all([visit(room, DESKTOP), visit(room, PHONE)]);
    const said = ["Is the <b>new</b> build out?", "<img src=x onerror=alert(1)>", "It is. See you at four"];
    await write(ada, said[0] ?? "", "Ada");
    await showing(ben, said.slice(0, 1));
    await write(ben, said[1] ?? "", "Ben");
    await showing(ada, said.slice(0, 2));
    await write(ben, said[2] ?? "");
    await Promise.all([ada, ben].map((page) => showing(page, said)));
    expect(await ada.locator("[data-mine] .text").allTextContents()).toEqual(said.slice(0, 1));
    expect(await ben.locator("[data-mine] .text").allTextContents()).toEqual(said.slice(1));
    // Who came or left, which may be shown at any time, divides messages of one author
    expect(new Set(await ada.locator(".author").allTextContents())).toEqual(new Set(["Ben"]));
    expect(await ben.getByLabel("Message", { exact: true }).inputValue()).toBe("");
    await eventually(async () => expect(await inState(ben, "sent").count()).toBe(2));
    await ada.screenshot({ path: "reports/chat-desktop.png" });
    await ben.screenshot({ path: "reports/chat-phone.png" });
    // After a reload, a page still knows which messages are its own
    await ben.reload();
    await showing(ben, said);
    expect(await ben.locator("[data-mine] .text").allTextContents()).toEqual(said.slice(1));
  });

  it("begins with the last 50 of 53 messages, and says that there are 3 more", async () => {
    const room = newRoom();
    await publish(room, 1, 53);
    const page = await visit(room);
    await showing(page, numbers(4, 53));
    expect(await page.locator(".line").first().textContent()).toBe("3 earlier messages are not shown");
    await publish(room, 54, 54);
    await showing(page, numbers(4, 54));
  });

  it("invites to write in a room without messages", async () => {
    const page = await visit(newRoom(), PHONE);
    expect(await page.locator(".welcome").textContent()).toMatch(/Nothing here yet/);
    await write(page, "hello", "Ada");
    await showing(page, ["hello"]);
    expect(await page.locator(".welcome").count()).toBe(0);
  });

  it("shows a message that is written offline at once, and sends it when the connection is back", async () => {
    const room = newRoom();
    const page = await visit(room, PHONE);
    await write(page, "one", "Ada");
    await inState(page, "sent").waitFor();
    await page.context().setOffline(true);
    await write(page, "two");
    await showing(page, ["one", "two"]);
    expect(await inState(page, "sending").count()).toBe(1);
    await eventually(async () => expect(await state(page)).toBe("Reconnecting…"));
    expect(await page.locator(".notice").textContent()).toMatch(/is sent when/);
    expect(await logged(room)).toEqual(["one"]);
    await page.screenshot({ path: "reports/chat-offline.png" });
    await page.context().setOffline(false);
    await eventually(async () => expect(await inState(page, "sent").count()).toBe(2));
    expect(await logged(room)).toEqual(["one", "two"]);
    await showing(page, ["one", "two"]);
  });

  it("shows why the server refused a message, with buttons that send it again and delete it", async () => {
    const room = newRoom();
    const page = await visit(room);
    await page.getByLabel("Message", { exact: true }).evaluate((field) => field.removeAttribute("maxlength"));
    await write(page, "x".repeat(2_001), "Ada");
    const failure = page.locator(".failure");
    await failure.waitFor();
    expect(await failure.textContent()).toMatch(/^Not sent: the text must have 1 to 2000 characters\./);
    await page.getByRole("button", { name: "Try again" }).click();
    await failure.waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await showing(page, []);
    expect(await logged(room)).toEqual([]);
  });

  it("publishes a message once if the page is reloaded before it was confirmed", async () => {
    const room = newRoom();
    const page = await visit(room);
    await write(page, "one", "Ada");
    await inState(page, "sent").waitFor();
    const lose = {
      act: "lose-frame",
      match: ({ body }: { body: Buffer }) => body.includes("PUBLISHED"),
    } as const;
    file.stack.faults.post(lose);
    await write(page, "two");
    await eventually(async () => expect(await logged(room)).toEqual(["one", "two"]));
    expect(await inState(page, "sending").count()).toBe(1);
    file.stack.faults.clear();
    await page.reload();
    await showing(page, ["one", "two"]);
    await eventually(async () => expect(await inState(page, "sent").count()).toBe(2));
    expect(await logged(room)).toEqual(["one", "two"]);
  });

  it("says that the server closed the connection, and subscribes again by the button", async () => {
    const room = newRoom();
    const ids: string[] = [];
    file.stack.faults.connect({ delayMs: 1, match: ({ connectionId }) => ids.push(connectionId) > 0 });
    const page = await visit(room, DESKTOP);
    await publish(room, 1, 2);
    await showing(page, ["1", "2"]);
    file.stack.faults.cut(ids.at(-1) ?? "", 4_403);
    await page.getByRole("button", { name: "Try again" }).waitFor();
    expect(await state(page)).toBe("Disconnected");
    expect(await texts(page)).toEqual(["1", "2"]);
    await publish(room, 3, 3);
    await page.getByRole("button", { name: "Try again" }).click();
    await showing(page, ["1", "2", "3"]);
    expect(await page.locator(".notice").count()).toBe(0);
  });

  it("follows new messages at the end, and offers to go there from further up", async () => {
    const room = newRoom();
    await publish(room, 1, 50);
    const page = await visit(room, PHONE);
    const list = page.getByRole("log");
    // By its own text: in that of the whole message, "5" at 10:12 starts as "51" does
    const last = (text: string) =>
      page.locator(".message").filter({ has: page.locator(".text", { hasText: new RegExp(`^${text}$`) }) });
    await showing(page, numbers(1, 50));
    await publish(room, 51, 51);
    await showing(page, numbers(1, 51));
    await eventually(async () => expect(await isInView(last("51"))).toBe(true));
    await list.evaluate((element) => {
      (element as unknown as { scrollTop: number }).scrollTop = 0;
    });
    await page.getByRole("button", { name: "Newest messages" }).waitFor();
    await publish(room, 52, 52);
    await page.getByRole("button", { name: "New messages" }).click();
    await eventually(async () => expect(await isInView(last("52"))).toBe(true));
    await page.getByRole("button", { name: "New messages" }).waitFor({ state: "detached" });
  });
});

/** Whether the lower end of an element is above the field to write in. */
async function isInView(locator: ReturnType<Page["locator"]>): Promise<boolean> {
  const footer = await locator.page().locator("footer").boundingBox();
  const box = await locator.boundingBox();
  return !!box && !!footer && box.y + box.height <= footer.y + 1;
}
