import { registerHooks } from "node:module";
import { applyBreakage, breakageNamed } from "./breakages.ts";

/*
 * This module is preloaded into a process. It puts the mistake that CHAOS_BREAKAGE names into one module of the library
 * when Node loads it. The harness can thus be tested without a change of the shipped source.
 */

const breakage = breakageNamed(process.env.CHAOS_BREAKAGE ?? "");

if (breakage) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/packages/pubsub/src/${breakage.file}`)) return loaded;
      const source =
        typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      return { ...loaded, source: applyBreakage(source, breakage) };
    },
  });
}
