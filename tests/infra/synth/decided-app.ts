import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { REPOSITORY } from "./sst-platform.ts";

/**
 * Calls `use` with the folder of an app that is this repository, except for the text of functions/websocket.ts. The
 * default text decides that everybody may read: production cannot be synthesized without a decision.
 */
export const withWebsocketFunction = <Result>(
  use: (root: string) => Promise<Result>,
  change: (text: string) => string = (text) =>
    text.replace(/^import.*undecided.*\n/m, "").replace(/undecided/, '"everybody"'),
): Promise<Result> => withChangedFile(use, { file: "functions/websocket.ts", copied: ["functions"], change });

/** The same with the settings of all stages changed. */
export const withSettings = <Result>(
  use: (root: string) => Promise<Result>,
  change: (text: string) => string,
): Promise<Result> =>
  withChangedFile(use, { file: "stacks/settings.ts", copied: ["stacks", "sst.config.ts"], change });

/** What is copied finds the copies of its imports. All else is linked. */
async function withChangedFile<Result>(
  use: (root: string) => Promise<Result>,
  { file, copied, change }: { file: string; copied: readonly string[]; change: (text: string) => string },
): Promise<Result> {
  const root = await mkdtemp(path.join(tmpdir(), "decided-app-"));
  try {
    const names = (await readdir(REPOSITORY)).filter((name) => !copied.includes(name) && name !== ".git");
    await Promise.all(names.map((name) => symlink(path.join(REPOSITORY, name), path.join(root, name))));
    for (const name of copied) {
      await cp(path.join(REPOSITORY, name), path.join(root, name), {
        recursive: true,
        filter: (from) => !from.includes("node_modules"),
      });
    }
    const changed = path.join(root, file);
    await writeFile(changed, change(await readFile(changed, "utf8")));
    return await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
