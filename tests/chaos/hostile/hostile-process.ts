/** Fuzzes one surface in its own process, so that it has a heap of its own. */
import { type FuzzOrder, fuzz, type SurfaceReport } from "./fuzz.ts";
import type { SurfaceName } from "./surface.ts";

export type ProcessMessage = { done: SurfaceReport } | { inputs: number } | { failed: string };

type Run = (order: FuzzOrder, onProgress: (inputs: number) => void) => Promise<SurfaceReport>;

const RUNS: Record<SurfaceName, Run> = {
  websocket: async (...args) => fuzz((await import("./surfaces/websocket.ts")).websocketSurface(), ...args),
  publish: async (...args) => fuzz((await import("./surfaces/publish.ts")).publishSurface(), ...args),
  fanout: async (...args) => fuzz((await import("./surfaces/fanout.ts")).fanoutSurface(), ...args),
  decoders: async (...args) => fuzz((await import("./surfaces/decoders.ts")).decodersSurface(), ...args),
  gateway: async (...args) =>
    fuzz(await (await import("./surfaces/gateway.ts")).startGatewaySurface(), ...args),
  database: async (...args) =>
    fuzz(await (await import("./surfaces/database.ts")).startDatabaseSurface(), ...args),
  options: async (...args) =>
    fuzz(await (await import("./surfaces/options.ts")).startOptionsSurface(), ...args),
};

const send = (message: ProcessMessage): void => void process.send?.(message);

process.once("disconnect", () => process.exit());
process.once("message", (order: FuzzOrder) => {
  RUNS[order.surface](order, (inputs) => send({ inputs }))
    .then((done) => send({ done }))
    .catch((error: unknown) => send({ failed: error instanceof Error ? String(error.stack) : String(error) }))
    .finally(() => process.disconnect());
});
