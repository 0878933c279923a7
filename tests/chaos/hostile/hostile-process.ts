/** One surface, in a process of its own: its heap is nobody else's. */
import { type FuzzOrder, fuzz, type SurfaceReport } from "./fuzz.ts";
import type { SurfaceName } from "./surface.ts";

export type ProcessMessage = { done: SurfaceReport } | { inputs: number } | { failed: string };

type Run = (order: FuzzOrder, onProgress: (inputs: number) => void) => Promise<SurfaceReport>;

const RUNS: Record<SurfaceName, Run> = {
  websocket: async (...args) => fuzz((await import("./surfaces/websocket.ts")).websocketSurface(), ...args),
  fanout: async (...args) => fuzz((await import("./surfaces/fanout.ts")).fanoutSurface(), ...args),
  decoders: async (...args) => fuzz((await import("./surfaces/decoders.ts")).decodersSurface(), ...args),
  gateway: async (...args) =>
    fuzz(await (await import("./surfaces/gateway.ts")).startGatewaySurface(), ...args),
  database: async (...args) =>
    fuzz(await (await import("./surfaces/database.ts")).startDatabaseSurface(), ...args),
  options: async (...args) =>
    fuzz(await (await import("./surfaces/options.ts")).startOptionsSurface(), ...args),
};

const tell = (message: ProcessMessage): void => void process.send?.(message);

process.once("disconnect", () => process.exit());
process.once("message", (order: FuzzOrder) => {
  RUNS[order.surface](order, (inputs) => tell({ inputs }))
    .then((done) => tell({ done }))
    .catch((error: unknown) => tell({ failed: error instanceof Error ? String(error.stack) : String(error) }))
    .finally(() => process.disconnect());
});
