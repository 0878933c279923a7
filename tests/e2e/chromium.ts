import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

/** Debian's Chromium, as on CI. Rejects, and says what to do, where there is none. */
export async function launchChromium(): Promise<Browser> {
  await access(EXECUTABLE, constants.X_OK).catch((cause: unknown) => {
    const advice = "Install it (Debian: apt-get install chromium), or set CHROMIUM_PATH to another Chromium";
    throw new Error(`There is no Chromium at ${EXECUTABLE}. ${advice}.`, { cause });
  });
  return chromium.launch({
    executablePath: EXECUTABLE,
    // Root, as in a container, has no sandbox. The others keep Chromium from looking for Google's hosts
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
