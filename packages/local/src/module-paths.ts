import { fileURLToPath } from "node:url";

/**
 * The stack starts child processes from files, so this package has to know where its own files are. In `src/` they keep
 * their folders, and Node strips the types. In `dist/` the build puts `worker-runtime.js` and the bundled `functions/`
 * side by side.
 */
export const runsFromSource: boolean = import.meta.url.endsWith(".ts");

const locate = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const workerRuntimePath: string = runsFromSource
  ? locate("./workers/worker-runtime.ts")
  : locate("./worker-runtime.js");

/** An example of a producer. Only the repository contains it, not the published package. */
export const examplePath: string | undefined = runsFromSource
  ? locate("../../../examples/publish.mjs")
  : undefined;

export const defaultFunctionPaths: { websocket: string; fanout: string } = runsFromSource
  ? { websocket: locate("../../../functions/websocket.ts"), fanout: locate("../../../functions/fanout.ts") }
  : { websocket: locate("./functions/websocket.js"), fanout: locate("./functions/fanout.js") };
