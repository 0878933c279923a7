/**
 * Two browsers talk over the local stack by `publish` alone, while their connections are cut at random. `PUBLICATIONS=1000`
 * runs it longer, and `SEED` cuts at other moments.
 */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Published, TopicEvent } from "lambda-websocket-pubsub-client";
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { seededRandom } from "../chaos/seeded-random.ts";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";
import type { PageOptions, TalkingPage } from "./publish-page/browser.ts";
import { type OnConfirm, type WatchedConnections, watchConnections } from "./publish-page/connections.ts";

const PUBLICATIONS = Number(process.env.PUBLICATIONS ?? 200);
const SEED = Number(process.env.SEED ?? 1);
const NAMES = ["ada", "ben"] as const;
/** So many calls a page makes in one task. */
const BURST = 10;
/** One in so many confirmations is lost with its connection, and another one cuts the other page's connection. */
const CUT_EACH = 25;
const TIMEOUT_MS = 120_000 + PUBLICATIONS * 1_000;

const ORIGIN = "http://page.example";
const file = stackForFile(() => ({ allowedOrigins: [ORIGIN] }));
const chromium = chromiumForTests();
let script: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("publish-page/browser.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    conditions: ["pubsub-source"],
    logLevel: "silent",
  });
  script = outputFiles[0]?.text ?? "";
});

async function open(options: PageOptions): Promise<Page> {
  const page = await chromium.get().newPage();
  const html = `<!doctype html><link rel="icon" href="data:,"><script>${script}</script>`;
  await page.route(`${ORIGIN}/**`, (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto(ORIGIN);
  await page.evaluate(
    (given) => (globalThis as unknown as { start(options: PageOptions): Promise<void> }).start(given),
    options,
  );
  return page;
}

const talk = (page: Page, first: number, last: number): Promise<Published[]> =>
  page.evaluate(([from, to]) => (globalThis as unknown as { page: TalkingPage }).page.talk(from, to), [
    first,
    last,
  ] as const);
const seenBy = (page: Page): Promise<TopicEvent<string>[]> =>
  page.evaluate(() => (globalThis as unknown as { page: TalkingPage }).page.seen);
const gapsOf = (page: Page): Promise<unknown[]> =>
  page.evaluate(() => (globalThis as unknown as { page: TalkingPage }).page.gaps);

it(
  `two browsers see ${PUBLICATIONS} publications of each other and of themselves once and in order through cut connections`,
  async () => {
    const random = seededRandom(SEED);
    const { watched, published, total } = await talkTogether(PUBLICATIONS, random, (name, cut) => {
      const drawn = random() * CUT_EACH;
      if (drawn < 1) cut(name);
      else if (drawn < 2) cut(otherThan(name));
    });
    expect(watched.cuts).toBeGreaterThan(0);
    const repeated = published.flat().filter(({ duplicate }) => duplicate).length;
    console.log(
      `${total} publications, seed ${SEED}: ${watched.cuts} connections cut, ${repeated} publications sent again; ` +
        `the fan-out posted ${watched.posted.length} events instead of ${NAMES.length * total}`,
    );
  },
  TIMEOUT_MS,
);

it("the fan-out posts each of 40 publications to the other browser alone, because the confirmation was the copy of its own", async () => {
  const { watched, total } = await talkTogether(40, seededRandom(SEED), () => {});
  expect(watched.posted).toHaveLength(total);
  expect(new Set(watched.posted).size).toBe(total);
});

/** Lets both pages publish, and checks what they saw and what was posted. */
async function talkTogether(
  publications: number,
  random: () => number,
  onConfirm: OnConfirm,
): Promise<{ watched: WatchedConnections; published: Published[][]; total: number }> {
  const topicId = `talk-${randomUUID()}`;
  const { faults, websocketUrl } = file.stack;
  const watched = watchConnections(faults, topicId, random, onConfirm);
  const pages = await Promise.all(
    NAMES.map((name) => open({ url: `${websocketUrl}?name=${name}`, topicId, name })),
  );
  const each = Math.ceil(publications / NAMES.length);
  const published = await Promise.all(pages.map((page) => talkInBursts(page, each)));
  const ids: string[] = [];
  for (const [index, page] of pages.entries()) {
    const seen = await expectOnceInOrder(page, each);
    const places = new Map(seen.map(({ publicationId, offset }) => [publicationId, offset]));
    const own = published[index] ?? [];
    expect(own.map(({ publicationId }) => places.get(publicationId))).toEqual(
      own.map(({ offset }) => offset),
    );
    ids.push(...own.map(({ publicationId }) => publicationId));
  }
  // The fan-out skips the connection that gets the confirmation, and each publication is confirmed once as new
  expect(watched.posted.filter((post) => watched.confirmed.has(post))).toEqual([]);
  expect([...watched.confirmed].map((each) => each.split(" ")[1]).sort()).toEqual(ids.sort());
  faults.clear();
  await chromium.closePages();
  return { watched, published, total: each * NAMES.length };
}

async function talkInBursts(page: Page, count: number): Promise<Published[]> {
  const results: Published[] = [];
  for (let first = 1; first <= count; first += BURST) {
    results.push(...(await talk(page, first, Math.min(first + BURST - 1, count))));
  }
  return results;
}

/** Each page's publications are in the order of its calls, and offsets have no holes. */
async function expectOnceInOrder(page: Page, each: number): Promise<TopicEvent<string>[]> {
  const total = each * NAMES.length;
  await eventually(async () => expect((await seenBy(page)).length).toBeGreaterThanOrEqual(total));
  const seen = await seenBy(page);
  expect(seen.map(({ offset }) => offset)).toEqual(numbersTo(total));
  for (const name of NAMES) {
    const said = seen.filter(({ data }) => data.startsWith(name)).map(({ data }) => data);
    expect(said).toEqual(numbersTo(each).map((number) => `${name} ${number}`));
  }
  expect(await gapsOf(page)).toEqual([]);
  return seen;
}

const numbersTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const otherThan = (name: string): string => NAMES.find((each) => each !== name) ?? "";
