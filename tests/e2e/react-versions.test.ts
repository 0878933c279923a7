import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { publishToTopic } from "lambda-websocket-pubsub";
import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildClient, repository } from "../support/client-build.ts";
import { type CountingProxy, startCountingProxy } from "../support/counting-proxy.ts";
import { ensureInstalled } from "../support/ensure-installed.ts";
import { eventually, within } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";
import { watchConsole } from "./chromium/watch-console.ts";
import { whenSubscribed } from "./chromium/when-subscribed.ts";
import type { AppProps } from "./react-page/app.ts";
import { bundlePage, type ReactPage } from "./react-page/bundle.ts";

const ORIGIN = "http://page.example";
const REACT_18 = fileURLToPath(new URL("react-18", import.meta.url));

const local = stackForFile(() => ({ allowedOrigins: [ORIGIN] }));
const chromium = chromiumForTests();
const pages: Record<string, ReactPage> = {};
let proxy: CountingProxy;
let complaints: string[] = [];

beforeAll(async () => {
  await ensureInstalled(REACT_18);
  const client = buildClient("react-versions");
  pages["18"] = await bundlePage(`${REACT_18}/node_modules`, client);
  pages["19"] = await bundlePage(`${repository}node_modules`, client);
  proxy = await startCountingProxy(local.stack.websocketUrl);
  return () => proxy.stop();
});
afterEach(async () => {
  await chromium.closePages();
  expect(complaints.splice(0)).toEqual([]);
});

/** Opens a page with the app, and waits until it has subscribed. */
async function open({ script }: ReactPage, props: AppProps, markup: string): Promise<Page> {
  const page = await chromium.get().newPage();
  complaints = watchConsole(page);
  const html = `<!doctype html><link rel="icon" href="data:,"><div id="root">${markup}</div><script>${script}</script>`;
  await page.route(`${ORIGIN}/**`, (route) => route.fulfill({ contentType: "text/html", body: html }));
  const subscribed = whenSubscribed(page);
  await page.goto(ORIGIN);
  await page.evaluate(
    (given) => (globalThis as unknown as { start(props: AppProps): void }).start(given),
    props,
  );
  await within("subscription", subscribed);
  return page;
}

describe.each(["18", "19"])("in React %s with StrictMode, in Chromium", (version) => {
  const reactPage = (): ReactPage => {
    const page = pages[version];
    if (!page) throw new Error(`there is no page for React ${version}`);
    return page;
  };

  it.each([
    ["renders", () => ""],
    ["hydrates the server's markup without a warning", (props: AppProps) => reactPage().render(props)],
  ])(
    "a page with a client made in useState %s, receives and publishes events once over one connection, and leaves none open",
    async (_, render) => {
      const props = { url: proxy.url, topicId: randomUUID() };
      const before = proxy.opened;
      const markup = render(props);
      expect(markup).toBe(markup && "<p>idle: </p>");
      expect(proxy.opened).toBe(before);

      const page = await open(reactPage(), props, markup);
      const showing = (text: string) =>
        eventually(async () => expect(await page.locator("p").textContent()).toBe(text));
      await showing("open: ");
      await publishToTopic({ topicId: props.topicId, data: 1, config: local.config });
      await showing("open: 1");
      await page.evaluate(() => (globalThis as unknown as { publish(data: number): unknown }).publish(2));
      await showing("open: 1 2");
      expect({ opened: proxy.opened - before, open: proxy.open }).toEqual({ opened: 1, open: 1 });

      await page.evaluate(() => (globalThis as unknown as { unmount(): void }).unmount());
      await eventually(() => expect(proxy.open).toBe(0));
      expect(proxy.opened - before).toBe(1);
    },
  );
});
