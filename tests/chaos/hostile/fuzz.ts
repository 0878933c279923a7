import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { watchLog } from "./log-watch.ts";
import { type Surface, type SurfaceName, Violation } from "./surface.ts";

export interface Finding {
  surface: SurfaceName;
  seed: number;
  /** The smallest input found that shows it. */
  input: string;
  explanation: string;
}

export interface SurfaceReport {
  surface: SurfaceName;
  inputs: number;
  refused: number;
  accepted: number;
  crashes: number;
  rowsWritten: number;
  heapGrowthMb: number;
  seconds: number;
  /** Of this process, which is what a busy machine leaves comparable. */
  cpuSeconds: number;
  findings: Finding[];
}

export interface FuzzOrder {
  surface: SurfaceName;
  seed: number;
  inputs: number;
}

const INPUTS_A_CHUNK = 500;
const CHUNKS_MIN = 10;
const CHUNK_SEED_STEP = 7_919;
/** Of the inputs: by then caches are full and functions compiled. */
const WARM_UP_SHARE = 0.2;
const FINDINGS_MAX = 3;
const SHRINK_MS_MAX = 5_000;
const SHOWN_CHARACTERS_MAX = 4_000;

/**
 * Throws inputs at a surface, each run of a seed the same ones. Stops at the third finding; each is shrunk. The heap
 * is compared after a collection, so it needs `--expose-gc`.
 */
export async function fuzz<Input>(
  surface: Surface<Input>,
  order: FuzzOrder,
  onProgress: (inputs: number) => void = () => {},
): Promise<SurfaceReport> {
  const counts = { inputs: 0, refused: 0, accepted: 0, rowsWritten: 0 };
  const findings: Finding[] = [];
  const log = watchLog();
  const strays = watchStrays();
  const startedMs = performance.now();
  const startedCpuMs = cpuMs();
  let warmHeapBytes: number | undefined;

  async function attempt(input: Input): Promise<void> {
    const { accepted, rowsWritten } = await surface.attempt(input);
    log.check();
    strays.check();
    counts.inputs += 1;
    counts[accepted ? "accepted" : "refused"] += 1;
    if (accepted || rowsWritten === 0) return;
    counts.rowsWritten += rowsWritten;
    throw new Violation(`${rowsWritten} rows were written for an input that was refused`);
  }

  try {
    for (let chunk = 0; counts.inputs < order.inputs && findings.length < FINDINGS_MAX; chunk++) {
      const chunkSize = Math.min(INPUTS_A_CHUNK, Math.ceil(order.inputs / CHUNKS_MIN));
      const numRuns = Math.min(chunkSize, order.inputs - counts.inputs);
      const seed = (order.seed + chunk * CHUNK_SEED_STEP) | 0;
      const finding = await chunkOf(surface, attempt, { seed, numRuns });
      if (finding) findings.push({ surface: order.surface, seed: order.seed, ...finding });
      onProgress(counts.inputs);
      if (warmHeapBytes === undefined && counts.inputs >= order.inputs * WARM_UP_SHARE) {
        warmHeapBytes = await heldBytes();
      }
    }
    const endHeapBytes = await heldBytes();
    const grownBytes = endHeapBytes - (warmHeapBytes ?? endHeapBytes);
    await surface.stop?.().catch((error: unknown) => {
      findings.push({
        surface: order.surface,
        seed: order.seed,
        input: "(at the end)",
        explanation: explain(error),
      });
    });
    return {
      surface: order.surface,
      ...counts,
      crashes: findings.length,
      heapGrowthMb: Math.round(grownBytes / 10_485.76) / 100,
      seconds: toTenths(performance.now() - startedMs),
      cpuSeconds: toTenths(cpuMs() - startedCpuMs),
      findings,
    };
  } finally {
    log.stop();
    strays.stop();
  }
}

/** Nothing if all went well; otherwise the smallest input that did not, and what came of it. */
async function chunkOf<Input>(
  { inputs, show = JSON.stringify }: Surface<Input>,
  attempt: (input: Input) => Promise<void>,
  parameters: { seed: number; numRuns: number },
): Promise<Pick<Finding, "input" | "explanation"> | undefined> {
  let failedAtMs: number | undefined;
  const property = fc.asyncProperty(inputs, async (input) => {
    // A smaller input is a courtesy: not looking for one any longer counts as none found
    if (failedAtMs !== undefined && performance.now() - failedAtMs > SHRINK_MS_MAX) return;
    try {
      await attempt(input);
    } catch (error) {
      failedAtMs ??= performance.now();
      throw error;
    }
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, parameters);
  if (!failed || !counterexample) return undefined;
  const input = shorten(String(show(counterexample[0])));
  return { input, explanation: explain(errorInstance) };
}

/** Of the same few characters many times over, it says how often. */
const shorten = (text: string): string =>
  text
    .replace(/(.{1,16}?)\1{49,}/gsu, (run, unit: string) => `${unit}…(${run.length} characters)…`)
    .slice(0, SHOWN_CHARACTERS_MAX);

function explain(error: unknown): string {
  if (error instanceof Violation) return error.message;
  if (!(error instanceof Error)) return `thrown, and no error: ${String(error)}`;
  const [place = ""] = error.stack?.split("\n").filter((line) => line.trimStart().startsWith("at ")) ?? [];
  return `${error.name}: ${error.message} ${place.trim()}`;
}

interface Strays {
  check(): void;
  stop(): void;
}

/** What ends a process on Lambda, thrown where nobody awaits it. */
function watchStrays(): Strays {
  let stray: { error: unknown } | undefined;
  const keep = (error: unknown): void => {
    stray ??= { error };
  };
  process.on("uncaughtException", keep).on("unhandledRejection", keep);
  return {
    check() {
      if (!stray) return;
      const { error } = stray;
      stray = undefined;
      throw new Violation(`would have ended the process: ${explain(error)}`);
    },
    stop() {
      process.off("uncaughtException", keep).off("unhandledRejection", keep);
    },
  };
}

const toTenths = (ms: number): number => Math.round(ms / 100) / 10;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function heldBytes(): Promise<number> {
  if (!globalThis.gc) throw new Error("run with --expose-gc: the heap is compared after a collection");
  for (let pass = 0; pass < 3; pass++) {
    await turn(); // what was closed is let go of in the next turn
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
