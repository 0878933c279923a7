/** The inspector's page of a local stack in Chromium. `SCREENSHOTS=folder` writes pictures of every view. */
import { randomUUID } from "node:crypto";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { type Consumer, listSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { encodeFanoutMessage } from "../../packages/pubsub/src/core/fanout/message.ts";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connectionIds, subscriptionRow, writeRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber, type TestSocket } from "../support/sockets.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";
import { type Complaints, DARK, DESKTOP, openPage, PHONE, shoot, violations } from "./inspector/pages.ts";

const file = stackForFile(() => ({ inspector: true }));
const chromium = chromiumForTests();
const complaints: Complaints = { errors: [], foreign: [] };

afterEach(async () => {
  await chromium.closePages();
  expect([...complaints.errors.splice(0), ...complaints.foreign.splice(0)]).toEqual([]);
});

const open = (hash: string, options?: BrowserContextOptions): Promise<Page> =>
  openPage(chromium.get(), `${file.stack.inspectorUrl}/#/${hash}`, complaints, options);
const newTopic = (name: string): string => `${name}-${randomUUID().slice(0, 6)}`;
const rowOf = (page: Page, topicId: string) => page.locator("tr", { hasText: topicId });

async function subscribed(topicId: string): Promise<{ socket: TestSocket; consumer: Consumer }> {
  const socket = await connectSubscriber(file.stack, topicId);
  const consumer = await eventually(async () => {
    const [found] = await collect(listSubscribers({ topicId, config: file.config }));
    if (!found) throw new Error("not in the index yet");
    return found;
  });
  return { socket, consumer };
}

describe("the live view", () => {
  it("shows a topic with its subscribers and events as they happen, and leads to the life of a publication", async () => {
    const topicId = newTopic("room");
    const { socket } = await subscribed(topicId);
    const page = await open("live");
    await page.getByLabel("Topic", { exact: true }).fill(topicId);
    await page.getByLabel("Data").fill('{ "text": ');
    await page.getByText("not JSON").waitFor();
    expect(await page.getByRole("button", { name: "Publish" }).isEnabled()).toBe(false);
    await page.getByLabel("Data").fill('{ "text": "from the page" }');
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByText("Published at offset 1.").waitFor();
    await eventually(() => expect(socket.received).toEqual(['{"text":"from the page"}']));
    // Another publisher's event gets here too
    await publishToTopic({ topicId, data: "from elsewhere", config: file.config });
    await rowOf(page, topicId).getByRole("link", { name: "2" }).first().waitFor();
    await eventually(async () =>
      expect(await rowOf(page, topicId).locator("td").nth(3).textContent()).toBe("1"),
    );
    await page.getByRole("link", { name: "See what happens to it" }).click();
    await page.locator(".badge", { hasText: "complete" }).waitFor();
    await eventually(async () =>
      expect(await page.locator(".tile", { hasText: "Delivered" }).textContent()).toContain("1"),
    );
  });

  it("filters topics and events by what is typed after the key /", async () => {
    const topics = [newTopic("apples"), newTopic("pears")];
    const page = await open("live");
    await page.getByText("Live").first().waitFor();
    for (const topicId of topics) await publishToTopic({ topicId, data: 1, config: file.config });
    for (const topicId of topics) await rowOf(page, topicId).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("pears");
    await eventually(async () => expect(await page.locator("tbody tr").count()).toBe(1));
    expect(await page.locator("ol.events li").allTextContents()).toEqual([expect.stringContaining("pears")]);
  });
});

describe("the view of a publication", () => {
  it("draws each part with its times, and follows it until it is complete", async () => {
    const topicId = newTopic("big");
    const { consumer } = await subscribed(topicId);
    // Connections that do not exist: their own API says so, and the worker counts them as gone
    const rows = connectionIds(1_200).map((id) => subscriptionRow(id, topicId, consumer.domainName));
    await writeRows(file, rows);
    const { offset, epoch } = await publishToTopic({ topicId, data: { order: 7 }, config: file.config });
    const page = await open(`publication/${topicId}/${epoch}/${offset}`);
    await page.locator(".badge", { hasText: "complete" }).waitFor();
    const parts = page.locator(".unit.part");
    expect(await parts.count()).toBeGreaterThanOrEqual(2);
    expect(await page.locator(".unit .bar").count()).toBeGreaterThanOrEqual(3);
    expect(await page.locator(".stages .done").count()).toBe(4);
    expect(await page.locator(".stage-time").allTextContents()).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3}$/),
      ...Array.from({ length: 3 }, () => expect.stringMatching(/^\+[\d.]+ m?s|^\+\d+ min/)),
    ]);
    expect(await page.getByText('"order": 7').count()).toBe(0);
    await page.getByRole("button", { name: `Show data of event ${offset}` }).click();
    await page.getByText('"order": 7').waitFor();
    await shoot(page, "publication-parts");
  });

  it("says what is wrong with a publication that does not exist, and keeps its links", async () => {
    const page = await open(`publication/${newTopic("nothing")}/7`);
    complaints.errors.length = 0;
    await page.getByRole("alert").getByText("no such event in the topic's log").waitFor();
    await page.getByRole("link", { name: "Publication 6" }).waitFor();
    await shoot(page, "publication-error");
    // Chromium reports the response 404 itself
    expect(complaints.errors.splice(0).every((text) => text.includes("404"))).toBe(true);
  });
});

describe("the dead letters", () => {
  it("shows the reasons, redrives after a dry run that changes nothing, and then has none", async () => {
    const topicId = newTopic("letters");
    const { consumer, socket } = await subscribed(topicId);
    const published = await publishToTopic({ topicId, data: "again", config: file.config });
    await eventually(() => expect(socket.received).toEqual(["again"]));
    await file.sqs.send(
      new SendMessageCommand({
        QueueUrl: file.stack.deadLetterQueueUrl,
        MessageBody: encodeFanoutMessage({
          kind: "part",
          topicId,
          epoch: published.epoch,
          offsets: [published.offset],
          unit: "000001/0dead/dead",
          attempt: 1,
          consumers: [{ consumer, format: "data", subscribedAt: 0, from: published.offset }],
        }),
        MessageAttributes: {
          Code: { DataType: "String", StringValue: "DELIVERY_ABANDONED" },
          Attempts: { DataType: "Number", StringValue: "8" },
          Reason: { DataType: "String", StringValue: "500 InternalServerError; throttled (429)" },
        },
      }),
    );
    const page = await open("letters");
    await page.getByText("500 InternalServerError; throttled (429)").waitFor();
    await shoot(page, "letters");
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Dry run" }).click();
    await page.getByText("1 letter would be redriven to 1 consumer.").waitFor();
    expect(socket.received).toEqual(["again"]);
    await page.getByRole("button", { name: "Redrive", exact: true }).click();
    await eventually(() => expect(socket.received).toEqual(["again", "again"]));
    await page.getByText("No dead letters").waitFor();
    const record = await open(`publication/${topicId}/${published.epoch}/${published.offset}`);
    await record.locator(".unit.dead").waitFor();
  });
});

describe("every view", () => {
  const LOOKS = { light: DESKTOP, dark: DARK, phone: PHONE };

  it.each(Object.entries(LOOKS))(
    "has no violation for axe and no sideways scroll: %s",
    async (look, options) => {
      const topicId = newTopic("looks");
      await subscribed(topicId);
      const page = await open("live", options);
      for (let index = 0; index < 12; index++) {
        await publishToTopic({ topicId, data: { index, text: "x".repeat(index * 40) }, config: file.config });
      }
      await rowOf(page, topicId).waitFor();
      for (const view of ["live", `topic/${topicId}`, `publication/${topicId}/3`, "letters", "health"]) {
        await page.goto(`${file.stack.inspectorUrl}/#/${view}`);
        await page.locator("h1").waitFor();
        await eventually(async () => expect(await page.locator(".loading").count()).toBe(0));
        if (view === "health") await page.locator(".u-over").first().waitFor();
        if (view === "live")
          await eventually(async () => expect(await rowOf(page, topicId).textContent()).toContain("12"));
        expect(await violations(page), view).toEqual([]);
        const wide = await page.evaluate(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        expect(wide, view).toBe(0);
        await shoot(page, `${look}-${view.split("/")[0]}`);
      }
    },
  );

  it("is reached by keys, and the switch changes the colours", async () => {
    const page = await open("live", DESKTOP);
    const ground = (): Promise<unknown> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    await page.getByRole("heading", { name: "Live" }).waitFor();
    await page.keyboard.press("3");
    await page.getByRole("heading", { name: "Health" }).waitFor();
    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "Dead letters" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    const light = await ground();
    for (let times = 0; times < 2; times++) await page.getByRole("button", { name: /Colours/ }).click();
    expect(await ground()).not.toBe(light);
  });
});
