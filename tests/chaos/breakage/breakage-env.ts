import { fileURLToPath } from "node:url";

/** Returns the environment of a process whose library has the mistake. */
export const toBreakageEnv = (breakage: string | undefined): Record<string, string> =>
  breakage === undefined
    ? {}
    : {
        CHAOS_BREAKAGE: breakage,
        NODE_OPTIONS: `--import=${fileURLToPath(new URL("./break-source.ts", import.meta.url))}`,
      };
