import path from "node:path";
import { ensureInstalled } from "../../support/ensure-installed.ts";
import { REPOSITORY } from "../synth/sst-platform.ts";

export const CDK_EXAMPLE: string = path.join(REPOSITORY, "examples/deploy-cdk");

/**
 * Installs the dependencies of the CDK example in its folder, unless they are installed. They are 180 MB from the npm
 * registry, by the example's lockfile, and only work on the example needs them.
 */
export const ensureCdk = (): Promise<void> => ensureInstalled(CDK_EXAMPLE, { omitDev: true });

if (import.meta.main) await ensureCdk();
