/** The Next.js example, installed as its README says, with the packages as they are now. */
import { renameSync, rmSync } from "node:fs";
import { buildPackage } from "../../packaging/pack-packages.ts";
import { repository } from "./client-build.ts";
import { ensureInstalled } from "./ensure-installed.ts";

export const NEXT_EXAMPLE: string = `${repository}examples/next`;

/**
 * Installs the example by its lockfile, unless it is installed: 400 MB from the npm registry, half of it Next itself.
 * npm has copied the packages from `packages/` when it installed them, so they are built and copied again.
 */
export async function installNextExample(): Promise<void> {
  await ensureInstalled(NEXT_EXAMPLE);
  for (const name of ["pubsub", "client"] as const) {
    const fresh = `${NEXT_EXAMPLE}/node_modules/.fresh-${name}`;
    rmSync(fresh, { recursive: true, force: true });
    const manifest = buildPackage(name, fresh);
    const installed = `${NEXT_EXAMPLE}/node_modules/${manifest.name}`;
    rmSync(installed, { recursive: true, force: true });
    renameSync(fresh, installed);
  }
}

if (import.meta.main) await installNextExample();
