import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finding, FuzzOrder, SurfaceReport } from "./fuzz.ts";
import type { ProcessMessage } from "./hostile-process.ts";
import { SURFACE_NAMES, type SurfaceName } from "./surface.ts";

export interface HostileOptions {
  seed: number;
  /** Thrown at each surface. */
  inputs: number;
  surfaces?: readonly SurfaceName[];
  onProgress?(surface: SurfaceName, inputs: number): void;
}

export interface HostileReport {
  suite: "hostile";
  seed: number;
  ok: boolean;
  surfaces: Omit<SurfaceReport, "findings">[];
  /** The first few, each with the smallest input found for it. */
  findings: Finding[];
  [figure: string]: unknown;
}

/** Of what is left after a collection: noise stays below, and 100 bytes an input come to more. */
export const HEAP_GROWTH_MB_MAX = 8;

const script = fileURLToPath(new URL("hostile-process.ts", import.meta.url));

/** One surface after the other: they share the machine's cores. */
export async function runHostile(options: HostileOptions): Promise<HostileReport> {
  const { seed, inputs, surfaces: names = SURFACE_NAMES, onProgress } = options;
  const surfaces: SurfaceReport[] = [];
  for (const surface of names) {
    const order = { surface, seed, inputs: inputsOf(surface, inputs) };
    surfaces.push(await fuzzInProcess(order, (done) => onProgress?.(surface, done)));
  }
  return {
    suite: "hostile",
    seed,
    ok: surfaces.every(holds),
    surfaces: surfaces.map(({ findings: _, ...figures }) => figures),
    findings: surfaces.flatMap(({ findings }) => findings),
  };
}

/** A call to DynamoDB Local takes a hundred times as long as one in memory. */
const DATABASE_INPUTS_MAX = 2_000;

const inputsOf = (surface: SurfaceName, inputs: number): number =>
  surface === "database" ? Math.min(DATABASE_INPUTS_MAX, Math.ceil(inputs / 5)) : inputs;

/**
 * A surface that refuses everything, or takes everything, was not tested. The database is given bad input only, and
 * its process holds SQS and with it all dead letters.
 */
export const holds = ({
  surface,
  crashes,
  rowsWritten,
  heapGrowthMb,
  refused,
  accepted,
}: SurfaceReport): boolean =>
  crashes + rowsWritten === 0 &&
  refused > 0 &&
  (surface === "database" || (accepted > 0 && heapGrowthMb <= HEAP_GROWTH_MB_MAX));

function fuzzInProcess(order: FuzzOrder, onInputs: (inputs: number) => void): Promise<SurfaceReport> {
  const child = fork(script, {
    execArgv: ["--conditions=pubsub-source", "--expose-gc", "--disable-warning=ExperimentalWarning"],
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise<SurfaceReport>((resolve, reject) => {
    child.on("message", (message: ProcessMessage) => {
      if ("done" in message) resolve(message.done);
      else if ("inputs" in message) onInputs(message.inputs);
      else reject(new Error(`${order.surface}, seed ${order.seed}: ${message.failed}`));
    });
    child.on("error", reject);
    child.on("exit", (code, signal) =>
      reject(
        new Error(`${order.surface}, seed ${order.seed}: the process ended with ${signal ?? `code ${code}`}`),
      ),
    );
    child.send(order);
  });
}
