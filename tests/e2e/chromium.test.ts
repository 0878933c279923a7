import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { installedBrowsers } from "./chromium/installed-browsers.ts";
import { launchChromium } from "./chromium/launch-chromium.ts";
import { packagedChromium } from "./chromium/packaged-chromium.ts";

const PROGRAMS = "C:\\Program Files";

it.each([
  ["linux", { PATH: "/usr/local/bin:/usr/bin" }, "/usr/bin/google-chrome-stable"],
  ["linux", { PATH: "/home/ada/bin" }, "/home/ada/bin/chromium"],
  ["linux", { PATH: "/usr/bin" }, "/snap/bin/chromium"],
  ["linux", {}, "/opt/google/chrome/chrome"],
  ["darwin", { PATH: "/usr/bin" }, "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
  [
    "darwin",
    { HOME: "/Users/ada", PATH: "/usr/bin" },
    "/Users/ada/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  ["darwin", { PATH: "/opt/homebrew/bin" }, "/opt/homebrew/bin/chromium"],
  ["win32", { ProgramFiles: PROGRAMS }, `${PROGRAMS}\\Google\\Chrome\\Application\\chrome.exe`],
  ["win32", { "ProgramFiles(x86)": PROGRAMS }, `${PROGRAMS}\\Microsoft\\Edge\\Application\\msedge.exe`],
] as const)("finds on %s, with %j, the browser at %s", (platform, env, path) => {
  expect(installedBrowsers({ platform, env, isExecutable: (each) => each === path })).toEqual([path]);
});

it("returns no browser if no file is executable", () => {
  for (const platform of ["linux", "darwin", "win32"] as const) {
    expect(installedBrowsers({ platform, env: process.env, isExecutable: () => false })).toEqual([]);
  }
});

it("rejects with the path if CHROMIUM_PATH does not start, and tries no other browser", async () => {
  const env = { CHROMIUM_PATH: "/nowhere/chromium" };
  await expect(launchChromium(env)).rejects.toThrow("/nowhere/chromium does not start: ");
});

it("prints what to install if no browser starts, and rejects with that text on CI", async () => {
  const dir = await temporaryDirectory();
  const broken = join(dir, "chromium-browser");
  await writeFile(broken, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const places = [async () => ({ executablePath: broken }), async () => undefined];
  const advice = /^No Chromium: Install .*CHROMIUM_PATH.*chromium-browser does not start: /;
  expect(await launchChromium({}, places)).toEqual({ missing: expect.stringMatching(advice) });
  await expect(launchChromium({ CI: "true" }, places)).rejects.toThrow(advice);
});

const packaged = process.platform === "linux" && process.arch === "x64";

it.runIf(packaged)("starts the packaged Chromium if the installed one is broken", async () => {
  const broken = async () => ({ executablePath: "/nowhere/chromium" });
  const launched = await launchChromium({}, [broken, packagedChromium]);
  if (!("browser" in launched)) throw new Error(launched.missing);
  const page = await launched.browser.newPage();
  await page.setContent("<b>hello</b>");
  expect(await page.textContent("b")).toBe("hello");
  await launched.browser.close();
});

it.runIf(packaged)("unpacks the packaged Chromium once for two concurrent calls", async () => {
  const dir = await temporaryDirectory();
  const [first, second] = await Promise.all([packagedChromium(dir), packagedChromium(dir)]);
  expect(first).toEqual(second);
  expect((await readdir(dir)).map((name) => join(dir, name, "chromium"))).toEqual([first?.executablePath]);
});

async function temporaryDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "pubsub-chromium-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
