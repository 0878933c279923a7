import { type Browser, chromium } from "playwright-core";
import { installedBrowsers } from "./installed-browsers.ts";
import { packagedChromium } from "./packaged-chromium.ts";

// A busy machine needs time to start a browser
const LAUNCH_TIMEOUT_MS = 120_000;
const ADVICE =
  "Install Chromium or Chrome (Debian: apt-get install chromium), or set CHROMIUM_PATH to its executable";

// Root, as in a container, has no sandbox. The other flags prevent requests to Google's hosts
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

type Executable = { executablePath: string; env?: NodeJS.ProcessEnv };
type FindBrowser = () => Promise<Executable | undefined>;
export type Launched = { browser: Browser } | { missing: string };

/**
 * Starts the browser that CHROMIUM_PATH names, else an installed one, else the one in an npm package. If no browser
 * starts, it prints what to install. On CI it rejects instead, because CI must not skip tests.
 */
export async function launchChromium(
  env: NodeJS.ProcessEnv = process.env,
  places: readonly FindBrowser[] = [...installedBrowsers().map(at), packagedChromium],
): Promise<Launched> {
  if (env.CHROMIUM_PATH) return { browser: await launch({ executablePath: env.CHROMIUM_PATH }) };
  const failures: string[] = [];
  for (const find of places) {
    try {
      const executable = await find();
      if (executable !== undefined) return { browser: await launch(executable) };
    } catch (error) {
      // For example, Ubuntu's chromium-browser is a script that only works with snap
      failures.push(firstLine(error));
    }
  }
  const missing = [`No Chromium: ${ADVICE}`, ...failures].join(". ");
  if (env.CI) throw new Error(missing);
  return { missing };
}

function at(executablePath: string): FindBrowser {
  return async () => ({ executablePath });
}

async function launch({ executablePath, env = process.env }: Executable): Promise<Browser> {
  return chromium
    .launch({ executablePath, env, args: ARGUMENTS, timeout: LAUNCH_TIMEOUT_MS })
    .catch((cause: unknown) => {
      throw new Error(`${executablePath} does not start: ${firstLine(cause)}`, { cause });
    });
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0] ?? "";
}
