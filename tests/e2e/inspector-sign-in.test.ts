/** The page of a deployed stage in Chromium: its token, and the topics that it watches. */
import { expect, it } from "vitest";
import { createTokenAccess } from "../../packages/local/src/inspector/access.ts";
import { startInspector } from "../../packages/local/src/inspector/start-inspector.ts";
import type { EventHead } from "../../packages/local/src/inspector/wire.ts";
import { createWebGuard } from "../../packages/local/src/web-guard.ts";
import { eventually } from "../support/eventually.ts";
import { fakeSource } from "../support/inspector-source.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";
import { type Complaints, openPage, shoot, violations } from "./inspector/pages.ts";

const chromium = chromiumForTests();

const head: EventHead = {
  topicId: "room-1",
  epoch: "0mwtlex2q",
  offset: 7,
  publicationId: "p-7",
  publishedAt: Date.now(),
  bytes: 5,
};

it("opens one tab with the link, takes the token out of the address, and asks another tab for a new one", async ({
  onTestFinished,
}) => {
  const access = createTokenAccess(() => {});
  const inspector = await startInspector({
    host: "127.0.0.1",
    port: undefined,
    guard: createWebGuard(),
    access,
    about: { kind: "aws", table: "pubsub", region: "eu-west-1", feed: "watched" },
    source: fakeSource({
      log: async ({ topicId, after }) => (topicId === "room-1" && !after ? [head] : []),
      findTopics: async () => ({ topics: ["room-1", "room-2"], complete: false }),
    }),
  });
  onTestFinished(() => inspector.stop());
  const complaints: Complaints = { errors: [], foreign: [] };
  const link = `${inspector.url}/#token=${access.token}`;

  const page = await openPage(chromium.get(), link, complaints);
  await page.getByRole("heading", { name: "Live" }).waitFor();
  expect(page.url()).toBe(`${inspector.url}/#/live`);
  await page.getByRole("button", { name: "Find topics" }).click();
  await page.getByText("2 topics found in the first 4 MB of the table; all are watched now.").waitFor();
  await eventually(async () => expect(await page.locator("ol.events li").allTextContents()).toHaveLength(1));
  await page.getByRole("button", { name: "Stop watching room-2" }).click();
  await eventually(async () => expect(await page.locator(".chips li").count()).toBe(1));
  expect(await violations(page)).toEqual([]);
  await shoot(page, "watched");
  await page.reload();
  await page.getByRole("heading", { name: "Live" }).waitFor();
  expect([...complaints.errors.splice(0), ...complaints.foreign]).toEqual([]);

  const second = await openPage(chromium.get(), link, complaints);
  await second.getByRole("alert").getByText("This token is not valid, or not any more").waitFor();
  expect(await violations(second)).toEqual([]);
  await shoot(second, "sign-in");
  await second.getByLabel("Token").fill(`${inspector.url}/#token=${access.token}`);
  await second.getByRole("button", { name: "Open" }).click();
  await second.getByRole("heading", { name: "Live" }).waitFor();
  expect(complaints.foreign).toEqual([]);
});
