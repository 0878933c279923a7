import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finding, FuzzOrder, SurfaceReport } from "./fuzz.ts";
import type { ProcessMessage } from "./hostile-process.ts";
import { SURFACE_NAMES, type SurfaceName } from "./surface.ts";

export interface HostileOptions {
  seed: number;
  /** Number of inputs per surface. */
  inputs: number;
  surfaces?: readonly SurfaceName[];
  onProgress?(surface: SurfaceName, inputs: number): void;
}

export interface HostileReport {
  suite: "hostile";
  seed: number;
  ok: boolean;
  surfaces: Omit<SurfaceReport, "findings">[];
  /** The first findings, each with the smallest input that has it. */
  findings: Finding[];
  [figure: string]: unknown;
}

/** Maximum growth of the heap, after garbage collections. Noise is lower, a leak of 100 bytes per input is higher. */
export const MAX_HEAP_GROWTH_MB = 8;

const script = fileURLToPath(new URL("hostile-process.ts", import.meta.url));

/** Fuzzes one surface after the other, because they share the machine's cores. */
export async function runHostile(options: HostileOptions): Promise<HostileReport> {
  const { seed, inputs, surfaces: names = SURFACE_NAMES, onProgress } = options;
  const surfaces: SurfaceReport[] = [];
  for (const surface of names) {
    const order = { surface, seed, inputs: limitInputs(surface, inputs) };
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
const MAX_DATABASE_INPUTS = 2_000;

const limitInputs = (surface: SurfaceName, inputs: number): number =>
  surface === "database" ? Math.min(MAX_DATABASE_INPUTS, Math.ceil(inputs / 5)) : inputs;

/**
 * Returns whether a report has no failure. A surface that rejects or accepts every input was not tested. The database
 * surface is an exception: it gets only invalid input, and its process contains SQS with all dead letters.
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
  (surface === "database" || (accepted > 0 && heapGrowthMb <= MAX_HEAP_GROWTH_MB));

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
