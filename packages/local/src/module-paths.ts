import { fileURLToPath } from "node:url";

/**
 * Child processes are started from files, so this package has to know where its own are: beside each other in
 * `src/` (Node strips the types), and flat in `dist/`, where the build puts `worker-runtime.js` and the bundled
 * `functions/`.
 */
export const runsFromSource: boolean = import.meta.url.endsWith(".ts");

const locate = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const workerRuntimePath: string = runsFromSource
  ? locate("./workers/worker-runtime.ts")
  : locate("./worker-runtime.js");

/** A producer to try it with; only the repository has it. */
export const examplePath: string | undefined = runsFromSource
  ? locate("../../../examples/publish.mjs")
  : undefined;

export const defaultFunctionPaths: { websocket: string; fanout: string } = runsFromSource
  ? { websocket: locate("../../../functions/websocket.ts"), fanout: locate("../../../functions/fanout.ts") }
  : { websocket: locate("./functions/websocket.js"), fanout: locate("./functions/fanout.js") };
