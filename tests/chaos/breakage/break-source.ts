import { registerHooks } from "node:module";
import { breakageNamed, broken } from "./breakages.ts";

/*
 * Loaded before anything else of a process: one module of the library is loaded with a mistake in it, as
 * CHAOS_BREAKAGE names it, so that what is shipped need not be touched to see the harness find it.
 */

const breakage = breakageNamed(process.env.CHAOS_BREAKAGE ?? "");

if (breakage) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/packages/pubsub/src/${breakage.file}`)) return loaded;
      const source =
        typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      return { ...loaded, source: broken(source, breakage) };
    },
  });
}
