import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { REPOSITORY } from "./sst-platform.ts";

/**
 * Calls `use` with the folder of an app that is this repository, except for the text of functions/websocket.ts. The
 * default text decides that everybody may read: production cannot be synthesized without a decision.
 */
export async function withWebsocketFunction<Result>(
  use: (root: string) => Promise<Result>,
  change: (text: string) => string = (text) =>
    text.replace(/^import.*undecided.*\n/m, "").replace(/undecided/, '"everybody"'),
): Promise<Result> {
  const root = await mkdtemp(path.join(tmpdir(), "decided-app-"));
  try {
    const names = (await readdir(REPOSITORY)).filter((name) => name !== "functions" && name !== ".git");
    await Promise.all(names.map((name) => symlink(path.join(REPOSITORY, name), path.join(root, name))));
    await cp(path.join(REPOSITORY, "functions"), path.join(root, "functions"), {
      recursive: true,
      filter: (from) => !from.includes("node_modules"),
    });
    const file = path.join(root, "functions/websocket.ts");
    await writeFile(file, change(await readFile(file, "utf8")));
    return await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
