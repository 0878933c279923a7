import type { Browser } from "playwright-core";
import { beforeAll, beforeEach } from "vitest";
import { launchChromium } from "./launch-chromium.ts";

export interface TestBrowser {
  /** The browser. Throws outside of tests. */
  get(): Browser;
  /** Closes all pages. */
  closePages(): Promise<void>;
}

/** Starts Chromium before the tests of the file or block, and closes it after them. Skips them if no browser starts. */
export function chromiumForTests(): TestBrowser {
  let browser: Browser | undefined;
  let missing: string | undefined;
  beforeAll(async () => {
    const launched = await launchChromium();
    if ("browser" in launched) browser = launched.browser;
    else missing = launched.missing;
    return () => browser?.close();
  });
  beforeEach(({ skip }) => skip(missing !== undefined, missing));
  return {
    get() {
      if (browser === undefined) throw new Error("no browser was started");
      return browser;
    },
    async closePages() {
      await Promise.all(browser?.contexts().map((context) => context.close()) ?? []);
    },
  };
}
