import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** What a page did that it must not do. */
export interface Complaints {
  errors: string[];
  /** Requests to anything but the inspector's own server. */
  foreign: string[];
}

// The locale is a tag: headless Chromium takes an invalid one from LANG=C, which makes Intl throw
export const DESKTOP: BrowserContextOptions = {
  viewport: { width: 1_280, height: 860 },
  colorScheme: "light",
  locale: "en-GB",
};
export const DARK: BrowserContextOptions = { ...DESKTOP, colorScheme: "dark" };
export const PHONE: BrowserContextOptions = {
  ...DARK,
  viewport: { width: 390, height: 800 },
  hasTouch: true,
};

const PAGE_TIMEOUT_MS = 120_000;

/** Opens a page in a context of its own. What it complains of, the violations of its CSP too, goes to `complaints`. */
export async function openPage(
  browser: Browser,
  url: string,
  complaints: Complaints,
  options: BrowserContextOptions = DESKTOP,
): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PAGE_TIMEOUT_MS);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.errors.push(message.text());
  });
  const { origin } = new URL(url);
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) complaints.foreign.push(request.url());
  });
  await page.goto(url);
  return page;
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Returns what axe finds: the rule, and the elements that break it. */
export async function violations(page: Page): Promise<string[]> {
  // As an evaluated text, because the page's policy allows no other script
  await page.evaluate(await readFile(axePath, "utf8"));
  const results = (await page.evaluate("axe.run()")) as AxeResults;
  return results.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}

/** Writes a screenshot to the folder in SCREENSHOTS, for somebody to look at. Without it, writes nothing. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
