/** What each view shows when it has nothing, waits, or cannot read. `SCREENSHOTS=folder` writes pictures of them. */
import { PubsubError } from "lambda-websocket-pubsub";
import { afterEach, describe, expect, it } from "vitest";
import { openAccess } from "../../packages/local/src/inspector/access.ts";
import { createLiveFeed } from "../../packages/local/src/inspector/live-feed.ts";
import type { InspectorSource } from "../../packages/local/src/inspector/source.ts";
import { type Inspector, startInspector } from "../../packages/local/src/inspector/start-inspector.ts";
import type { Health } from "../../packages/local/src/inspector/wire.ts";
import { createWebGuard } from "../../packages/local/src/web-guard.ts";
import { fakeSource } from "../support/inspector-source.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";
import { type Complaints, DESKTOP, openPage, PHONE, shoot, violations } from "./inspector/pages.ts";

const chromium = chromiumForTests();
afterEach(() => chromium.closePages());

const NO_ACCESS = "the request failed: User is not authorized to perform dynamodb:Query on the table";
const waits = (): Promise<never> => new Promise(() => {});
const fails = async (): Promise<never> => {
  throw new PubsubError("STORAGE_FAILED", NO_ACCESS);
};

const sourceOf = (method: () => Promise<never>): InspectorSource => ({
  ...{ log: method, payload: method, subscribers: method, members: method, publication: method },
  ...{ publish: method, letters: method, redrive: method, findTopics: method },
});

function started(source: InspectorSource, health: () => Promise<Health>): Promise<Inspector> {
  return startInspector({
    host: "127.0.0.1",
    port: undefined,
    guard: createWebGuard(),
    access: openAccess,
    about: { kind: "local", table: "pubsub", region: "us-east-1", feed: "all", healthEveryMs: 1_000 },
    source,
    feed: createLiveFeed(),
    health,
  });
}

/** The view's address, and the texts that it shows in each state. */
const VIEWS = {
  live: {
    empty: ["No topics yet", "No events"],
    waiting: ["Reading the topics"],
    failing: ["The topics from before this page was opened cannot be read"],
  },
  "topic/room-1": {
    empty: ["No events", "Nobody subscribes", "No members"],
    waiting: ["Reading the log", "Reading the index"],
    failing: ["The log cannot be read", "The subscribers cannot be read", "The members cannot be read"],
  },
  "publication/room-1/7": {
    waiting: ["Reading the ledger"],
    failing: ["This publication cannot be shown"],
  },
  letters: {
    empty: ["No dead letters"],
    waiting: ["Reading the dead-letter queue"],
    failing: ["The dead letters cannot be read"],
  },
  health: {
    empty: ["No samples yet"],
    waiting: ["Reading the health"],
    failing: ["The health cannot be read"],
  },
} satisfies Record<string, Partial<Record<State, string[]>>>;

type State = "empty" | "waiting" | "failing";

const STATES: Readonly<Record<State, [InspectorSource, () => Promise<Health>]>> = {
  empty: [fakeSource(), async () => ({ samples: [] })],
  waiting: [sourceOf(waits), waits],
  failing: [sourceOf(fails), fails],
};

const LOOKS = { light: DESKTOP, phone: PHONE };

describe.each(Object.keys(STATES) as State[])("a stage that is %s", (state) => {
  it.each(Object.entries(LOOKS))(
    "is shown as such in every view, without a violation: %s",
    async (look, options) => {
      const inspector = await started(...STATES[state]);
      try {
        const complaints: Complaints = { errors: [], foreign: [] };
        const page = await openPage(chromium.get(), `${inspector.url}/#/live`, complaints, options);
        for (const [view, texts] of Object.entries(VIEWS)) {
          const expected = (texts as Partial<Record<State, string[]>>)[state];
          if (!expected) continue;
          await page.goto(`${inspector.url}/#/${view}`);
          for (const text of expected) await page.getByText(text, { exact: false }).first().waitFor();
          if (state === "failing") await page.getByText(NO_ACCESS).first().waitFor();
          expect(await violations(page), view).toEqual([]);
          const wide = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth",
          );
          expect(wide, view).toBe(0);
          await shoot(page, `${state}-${look}-${view.split("/")[0]}`);
        }
        // Chromium reports the response 502 itself
        expect(complaints.errors.filter((text) => !text.includes("502"))).toEqual([]);
      } finally {
        await inspector.stop();
      }
    },
  );
});

it("says that it reconnects when its server has gone, and keeps what it has", async () => {
  const inspector = await started(fakeSource(), async () => ({ samples: [] }));
  const page = await openPage(chromium.get(), `${inspector.url}/#/live`, { errors: [], foreign: [] });
  await page.locator(".dot.good").waitFor();
  await inspector.stop();
  await page.getByText("Reconnecting").waitFor();
  await page.getByRole("alert").getByText("The inspector's server cannot be reached").waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, "lost");
});
