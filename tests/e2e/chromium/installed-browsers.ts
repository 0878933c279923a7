import { accessSync, constants } from "node:fs";
import { posix, win32 } from "node:path";

export interface Machine {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  isExecutable(path: string): boolean;
}

const COMMANDS = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "microsoft-edge-stable",
  "microsoft-edge",
];
// The folders of Snap and Google are not always on the PATH of a service or a container
const LINUX_EXECUTABLES = ["/snap/bin/chromium", "/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge"];
const MACOS_APPLICATIONS = ["Google Chrome", "Chromium", "Microsoft Edge"];
const WINDOWS_EXECUTABLES = [
  ["Google", "Chrome", "Application", "chrome.exe"],
  ["Chromium", "Application", "chrome.exe"],
  ["Microsoft", "Edge", "Application", "msedge.exe"],
];
const WINDOWS_FOLDERS = ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"];

/** Returns the executables of Chromium and related browsers on this machine, the preferred one first. */
export function installedBrowsers(machine: Machine = thisMachine()): string[] {
  return [...new Set(placesToLook(machine))].filter((path) => machine.isExecutable(path));
}

function placesToLook({ platform, env }: Machine): string[] {
  if (platform === "win32") {
    return WINDOWS_FOLDERS.flatMap((name) => env[name] ?? []).flatMap((folder) =>
      WINDOWS_EXECUTABLES.map((path) => win32.join(folder, ...path)),
    );
  }
  const folders = (env.PATH ?? "").split(posix.delimiter).filter((folder) => folder !== "");
  const onPath = COMMANDS.flatMap((command) => folders.map((folder) => posix.join(folder, command)));
  return [...(platform === "darwin" ? macosExecutables(env) : []), ...onPath, ...LINUX_EXECUTABLES];
}

function macosExecutables({ HOME }: NodeJS.ProcessEnv): string[] {
  const folders = ["/Applications", ...(HOME ? [posix.join(HOME, "Applications")] : [])];
  return MACOS_APPLICATIONS.flatMap((name) =>
    folders.map((folder) => posix.join(folder, `${name}.app`, "Contents", "MacOS", name)),
  );
}

function thisMachine(): Machine {
  return { platform: process.platform, env: process.env, isExecutable };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
