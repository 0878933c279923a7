import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const repository: string = fileURLToPath(new URL("../../", import.meta.url));

/** Builds the client as it is published into its own directory and returns that directory. */
export function buildClient(name: string): string {
  const target = `${repository}node_modules/.cache/client-build-${name}/`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [`${repository}node_modules/tsdown/dist/run.mjs`, "--out-dir", target],
    { cwd: `${repository}packages/client`, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the client could not be built: ${stderr}`);
  return target;
}
