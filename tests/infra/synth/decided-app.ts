import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { REPOSITORY } from "./sst-platform.ts";

type Change = (text: string) => string;

const decided: Change = (text) =>
  text.replace(/^import.*undecided.*\n/m, "").replace(/undecided/, '"everybody"');

/**
 * Calls `use` with the folder of an app that is this repository, except for the text of functions/websocket.ts. The
 * default text decides that everybody may read: production cannot be synthesized without a decision.
 */
export const withWebsocketFunction = <Result>(
  use: (root: string) => Promise<Result>,
  change: Change = decided,
): Promise<Result> => withChangedFiles(use, { "functions/websocket.ts": change });

/** The same with the settings of all stages changed, and other files too, by their paths. */
export const withSettings = <Result>(
  use: (root: string) => Promise<Result>,
  settings: Change,
  others: Readonly<Record<string, Change>> = {},
): Promise<Result> =>
  withChangedFiles(use, { "functions/websocket.ts": decided, "stacks/settings.ts": settings, ...others });

/** What is copied finds the copies of its imports. All else is linked. */
async function withChangedFiles<Result>(
  use: (root: string) => Promise<Result>,
  changes: Readonly<Record<string, Change>>,
): Promise<Result> {
  const root = await mkdtemp(path.join(tmpdir(), "decided-app-"));
  try {
    const folders = new Set(Object.keys(changes).map((file) => path.dirname(file)));
    const copied = [...folders, ...(folders.has("stacks") ? ["sst.config.ts"] : [])];
    const names = (await readdir(REPOSITORY)).filter((name) => !copied.includes(name) && name !== ".git");
    await Promise.all(names.map((name) => symlink(path.join(REPOSITORY, name), path.join(root, name))));
    for (const name of copied) {
      await cp(path.join(REPOSITORY, name), path.join(root, name), {
        recursive: true,
        filter: (from) => !from.includes("node_modules"),
      });
    }
    for (const [file, change] of Object.entries(changes)) {
      const changed = path.join(root, file);
      await writeFile(changed, change(await readFile(changed, "utf8")));
    }
    return await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
