import { homedir } from "node:os";
import { join } from "node:path";

/** Returns the folder for downloads in the user's cache directory. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const name = "lambda-websocket-pubsub";
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? homedir(), name);
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", name);
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), name);
}
