import { fileURLToPath } from "node:url";

/**
 * The stack starts child processes from files, so this package has to know where its own files are. In `src/` they keep
 * their folders, and Node strips the types. In `dist/` the build puts `worker-runtime.js`, `inspector-thread.js`
 * and the bundled `functions/` side by side.
 */
export const runsFromSource: boolean = import.meta.url.endsWith(".ts");

const locate = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const workerRuntimePath: string = runsFromSource
  ? locate("./workers/worker-runtime.ts")
  : locate("./worker-runtime.js");

export const inspectorThreadPath: string = runsFromSource
  ? locate("./inspector/source-thread.ts")
  : locate("./inspector-thread.js");

/** An example of a producer. Only the repository contains it, not the published package. */
export const examplePath: string | undefined = runsFromSource
  ? locate("../../../examples/publish.mjs")
  : undefined;

const functionPath = (name: string): string =>
  locate(runsFromSource ? `../../../functions/${name}.ts` : `./functions/${name}.js`);

export const defaultFunctionPaths: Readonly<Record<"websocket" | "fanout" | "publish", string>> = {
  websocket: functionPath("websocket"),
  fanout: functionPath("fanout"),
  publish: functionPath("publish"),
};
