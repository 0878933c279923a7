import { homedir } from "node:os";
import { join } from "node:path";

/** The user's cache directory: programs keep there what they can download again. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const name = "lambda-websocket-pubsub";
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? homedir(), name);
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", name);
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), name);
}
