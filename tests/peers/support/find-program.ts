import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian puts servers here, and a user's PATH does not contain it. */
const SERVER_FOLDERS = ["/usr/sbin", "/usr/local/sbin"];

/** Returns every executable of this name, the first on the PATH first. */
export function findPrograms(name: string, env: NodeJS.ProcessEnv = process.env): string[] {
  const folders = [...(env.PATH ?? "").split(delimiter), ...SERVER_FOLDERS].filter((folder) => folder !== "");
  return [...new Set(folders.map((folder) => join(folder, name)))].filter(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
