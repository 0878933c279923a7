/** Who is in the chat example's room: three pages of two users, through a close, a reload and a cut. */
import { randomUUID } from "node:crypto";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Chat, FUNCTIONS, startChat } from "../../examples/chat/server/start-chat.ts";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";

const DESKTOP: BrowserContextOptions = { viewport: { width: 1_280, height: 860 }, colorScheme: "light" };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 780 }, colorScheme: "dark" };
const PAGE_TIMEOUT_MS = 120_000;
/** A user who is back within this time has not left. */
const GRACE_MS = 10_000;

const file = stackForFile(() => ({ functions: FUNCTIONS }));
const chromium = chromiumForTests();
let chat: Chat;
const pageErrors: Error[] = [];

beforeAll(async () => {
  const { websocketUrl } = file.stack;
  chat = await startChat({ websocketUrl, hasUsers: true, port: 0, watch: false });
  return () => chat.stop();
});
afterEach(async () => {
  await chromium.closePages();
  expect(pageErrors.splice(0)).toEqual([]);
});

async function newContext(options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await chromium.get().newContext(options);
  context.setDefaultTimeout(PAGE_TIMEOUT_MS);
  return context;
}

/** Opens a page that writes down every list of people that it shows, also for a moment. */
async function visit(context: BrowserContext, room: string, name?: string): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => pageErrors.push(error));
  await page.addInitScript(RECORD);
  await page.goto(`${chat.url}?room=${room}${name === undefined ? "" : `&name=${encodeURIComponent(name)}`}`);
  await page.locator('main[aria-busy="false"]').waitFor();
  return page;
}

/** As text, because the project has no types of the DOM. `-` stands for a page without a list. */
const RECORD = `
  window.shownPeople = [];
  new MutationObserver(() => {
    const names = [...document.querySelectorAll(".people .who")].map(({ textContent }) => textContent);
    const text = names.sort().join() || "-";
    if (window.shownPeople.at(-1) !== text) window.shownPeople.push(text);
  }).observe(document, { childList: true, subtree: true, characterData: true });
`;
const everShown = (page: Page): Promise<string[]> => page.evaluate("window.shownPeople");
const people = async (page: Page): Promise<string[]> =>
  (await page.locator(".people .who").allTextContents()).toSorted();
const lines = (page: Page): Promise<string[]> => page.locator(".coming").allTextContents();
const showing = (pages: Page[], ...names: string[]): Promise<void> =>
  eventually(async () => {
    expect(await Promise.all(pages.map(people))).toEqual(pages.map(() => names));
  });
const newRoom = (): string => `room-${randomUUID().slice(0, 8)}`;

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator('.message[data-mine][data-state="sent"]', { hasText: text }).waitFor();
}

/** Closes all connections that are open. Returns how many there were. */
function cut(ids: Set<string>): number {
  const open = [...ids];
  for (const id of open) file.stack.faults.cut(id);
  ids.clear();
  return open.length;
}

describe("the chat page in Chromium", () => {
  it("shows two users in three tabs through a closed tab, a reload and a cut, without a flicker", async () => {
    const room = newRoom();
    const connections = new Set<string>();
    file.stack.faults.connect({ delayMs: 1, match: ({ connectionId }) => !!connections.add(connectionId) });
    const [desk, phone] = await Promise.all([newContext(DESKTOP), newContext(PHONE)]);
    const ada = await visit(desk, room, "Ada Lovelace");
    await write(ada, "The seedlings came up over night");
    const ben = await visit(phone, room, "Ben");
    await showing([ada, ben], "Ada Lovelace", "Ben");
    await eventually(async () => expect(await lines(ada)).toEqual(["Ben joined"]));
    await write(ben, "I bring the watering can");

    // The second tab has the name of the first one
    const second = await visit(desk, room, "Ada Lovelace");
    await showing([ada, ben, second], "Ada Lovelace", "Ben");
    await ada.locator(".people summary").click();
    await ben.locator(".people summary").click();
    await ada.screenshot({ path: "reports/chat-people-desktop.png" });
    await ben.screenshot({ path: "reports/chat-people-phone.png" });

    await second.close();
    const reloadedAt = performance.now();
    await ben.reload();
    await ben.locator(".people").waitFor();
    let longestAbsenceMs = performance.now() - reloadedAt;
    await showing([ada, ben], "Ada Lovelace", "Ben");

    // A page without a network keeps the list
    await phone.setOffline(true);
    await eventually(async () => expect(await ben.locator(".state").textContent()).toBe("Reconnecting…"));
    expect(await people(ben)).toEqual(["Ada Lovelace", "Ben"]);
    // Those of the others too. Whoever is back within ten seconds has not left
    const cutAt = performance.now();
    expect(cut(connections)).toBeGreaterThan(0);
    await phone.setOffline(false);
    await eventually(async () => {
      const states = [ada, ben].map((page) => page.locator(".state").textContent());
      expect([connections.size, await Promise.all(states)]).toEqual([2, ["Live", "Live"]]);
    });
    longestAbsenceMs = Math.max(longestAbsenceMs, performance.now() - cutAt);
    await showing([ada, ben], "Ada Lovelace", "Ben");

    // Another user is news that everybody gets, so that no earlier change is still on its way
    const cy = await visit(phone, room, "Cy");
    await showing([ada, ben, cy], "Ada Lovelace", "Ben", "Cy");
    await cy.close();
    await showing([ada, ben], "Ada Lovelace", "Ben");
    await ada.screenshot({ path: "reports/chat-people-after.png" });
    // On a machine that is too busy, a page may have been away for so long that it really left
    if (longestAbsenceMs > GRACE_MS) return;
    expect(await lines(ada)).toEqual(["Ben joined", "Cy joined", "Cy left"]);
    const both = ["Ada Lovelace,Ben", "Ada Lovelace,Ben,Cy", "Ada Lovelace,Ben"];
    expect((await everShown(ada)).slice(-4)).toEqual(["Ada Lovelace", ...both]);
    expect((await everShown(ben)).slice(-3)).toEqual(both);
  });

  it("shows nobody to a page without a name, joins by the button, and renames without leaving", async () => {
    const room = newRoom();
    const ada = await visit(await newContext(DESKTOP), room, "Ada");
    const guest = await visit(await newContext(PHONE), room);
    await write(ada, "Anybody here?");
    await guest.locator(".message").waitFor();
    expect(await guest.locator(".people").count()).toBe(0);
    await showing([ada], "Ada");
    await guest.screenshot({ path: "reports/chat-people-guest.png" });
    await guest.getByLabel("Name").fill("Ed");
    await guest.getByRole("button", { name: "Join" }).click();
    await showing([ada, guest], "Ada", "Ed");
    await guest.getByRole("button", { name: "Change name" }).click();
    await guest.getByLabel("Name").fill("Edward");
    await guest.getByRole("button", { name: "Save" }).click();
    await showing([ada, guest], "Ada", "Edward");
    expect(await guest.locator(".message").count()).toBe(1);
    expect(await lines(guest)).toEqual([]);
  });
});
