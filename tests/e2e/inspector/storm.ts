import type { Browser } from "playwright-core";
import { openAccess } from "../../../packages/local/src/inspector/access.ts";
import { createLiveFeed } from "../../../packages/local/src/inspector/live-feed.ts";
import { startInspector } from "../../../packages/local/src/inspector/start-inspector.ts";
import type { EventHead } from "../../../packages/local/src/inspector/wire.ts";
import { createWebGuard } from "../../../packages/local/src/web-guard.ts";
import { fakeSource } from "../../support/inspector-source.ts";
import { type Complaints, openPage } from "./pages.ts";

export interface Storm {
  events: number;
  topics: number;
  seconds: number;
}

/** What the live view did during a storm. */
export interface StormSeen {
  seconds: number;
  /** Frames in which the view changed. */
  drawings: number;
  /** The most changes of elements, texts and attributes in one drawing. */
  changesMax: number;
  /** The most elements that the page had. */
  elementsMax: number;
  /** The time from each frame to the next one. */
  frameMs: number[];
  /** CPU time of the page's thread: how long a frame takes depends on what else the machine does. */
  cpuMs: number;
  /** The text over the view, which counts the events. */
  head: string;
}

const TICK_MS = 50;
const SEEN_WITHIN_MS = 60_000;

/** In the page: counts what changes, and the time between frames. */
const WATCH = `
  globalThis.seen = { drawings: 0, changesMax: 0, elementsMax: 0, frameMs: [] };
  let changes = 0;
  let lastMs;
  new MutationObserver((records) => { changes += records.length; }).observe(document.querySelector("main"), {
    childList: true, subtree: true, characterData: true, attributes: true,
  });
  (function frame(nowMs) {
    if (changes > 0) {
      seen.drawings += 1;
      seen.changesMax = Math.max(seen.changesMax, changes);
      seen.elementsMax = Math.max(seen.elementsMax, document.getElementsByTagName("*").length);
    }
    changes = 0;
    if (lastMs !== undefined) seen.frameMs.push(nowMs - lastMs);
    lastMs = nowMs;
    requestAnimationFrame(frame);
  })();
`;

/** Opens the live view, and sends it events at a steady rate. */
export async function storm(browser: Browser, { events, topics, seconds }: Storm): Promise<StormSeen> {
  const feed = createLiveFeed();
  const inspector = await startInspector({
    host: "127.0.0.1",
    port: undefined,
    guard: createWebGuard(),
    access: openAccess,
    about: { kind: "local", table: "t", region: "us-east-1", feed: "all" },
    source: fakeSource(),
    feed,
  });
  const complaints: Complaints = { errors: [], foreign: [] };
  try {
    const page = await openPage(browser, `${inspector.url}/#/live`, complaints);
    await page.locator(".dot.good").waitFor();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    const busySeconds = async (): Promise<number> => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
    };
    await page.evaluate(WATCH);
    const busyBefore = await busySeconds();
    const startedMs = performance.now();
    const elapsed = (): number => (performance.now() - startedMs) / 1_000;
    const eventAt = eventsOf(topics);
    for (let sent = 0; sent < events; ) {
      const due = Math.min(events, Math.floor((elapsed() / seconds) * events));
      feed.add(Array.from({ length: due - sent }, (_, index) => eventAt(sent + index)));
      sent = due;
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    const head = page.locator(".view-head");
    await head.getByText(`${events.toLocaleString("en")} events seen`).waitFor({ timeout: SEEN_WITHIN_MS });
    const took = elapsed();
    const seen = (await page.evaluate("seen")) as Omit<StormSeen, "seconds" | "cpuMs" | "head">;
    const cpuMs = ((await busySeconds()) - busyBefore) * 1_000;
    const text = (await head.textContent()) ?? "";
    const wrong = [...complaints.errors, ...complaints.foreign];
    if (wrong.length > 0) throw new Error(`the page complains: ${wrong.join("; ")}`);
    return { ...seen, seconds: took, cpuMs, head: text };
  } finally {
    await inspector.stop();
  }
}

/** The topics take turns. */
function eventsOf(topics: number): (index: number) => EventHead {
  return (index) => ({
    topicId: `topic-${index % topics}`,
    epoch: "0mwtlex2q",
    offset: Math.floor(index / topics) + 1,
    publicationId: `p-${index}`,
    publishedAt: Date.now(),
    bytes: 20,
  });
}
