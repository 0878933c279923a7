import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { watchLog } from "./log-watch.ts";
import { type Surface, type SurfaceName, Violation } from "./surface.ts";

export interface Finding {
  surface: SurfaceName;
  seed: number;
  /** The smallest input with this finding. */
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
  /** CPU time of this process. Unlike `seconds`, it is comparable on a busy machine. */
  cpuSeconds: number;
  findings: Finding[];
}

export interface FuzzOrder {
  surface: SurfaceName;
  seed: number;
  inputs: number;
}

const INPUTS_PER_CHUNK = 500;
const MIN_CHUNKS = 10;
const CHUNK_SEED_STEP = 7_919;
/** After this share of the inputs, caches are full and functions are compiled. */
const WARM_UP_SHARE = 0.2;
const MAX_FINDINGS = 3;
const MAX_SHRINK_MS = 5_000;
const MAX_SHOWN_CHARACTERS = 4_000;

/**
 * Gives inputs to a surface. The same seed gives the same inputs. It shrinks each finding and stops at the third one.
 * It compares the heap after garbage collections, so it needs `--expose-gc`.
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
    throw new Violation(`${rowsWritten} rows were written for an input that was rejected`);
  }

  try {
    for (let chunk = 0; counts.inputs < order.inputs && findings.length < MAX_FINDINGS; chunk++) {
      const chunkSize = Math.min(INPUTS_PER_CHUNK, Math.ceil(order.inputs / MIN_CHUNKS));
      const numRuns = Math.min(chunkSize, order.inputs - counts.inputs);
      const seed = (order.seed + chunk * CHUNK_SEED_STEP) | 0;
      const finding = await fuzzChunk(surface, attempt, { seed, numRuns });
      if (finding) findings.push({ surface: order.surface, seed: order.seed, ...finding });
      onProgress(counts.inputs);
      if (warmHeapBytes === undefined && counts.inputs >= order.inputs * WARM_UP_SHARE) {
        warmHeapBytes = await measureHeldBytes();
      }
    }
    const endHeapBytes = await measureHeldBytes();
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

/** Returns undefined if all inputs passed. Otherwise it returns the smallest input that failed and the reason. */
async function fuzzChunk<Input>(
  { inputs, show = JSON.stringify }: Surface<Input>,
  attempt: (input: Input) => Promise<void>,
  parameters: { seed: number; numRuns: number },
): Promise<Pick<Finding, "input" | "explanation"> | undefined> {
  let failedAtMs: number | undefined;
  const property = fc.asyncProperty(inputs, async (input) => {
    // Shrinking has a time limit. After it, every smaller input counts as passed, which ends the search
    if (failedAtMs !== undefined && performance.now() - failedAtMs > MAX_SHRINK_MS) return;
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

/** Replaces long repetitions of a few characters with their length. */
const shorten = (text: string): string =>
  text
    .replace(/(.{1,16}?)\1{49,}/gsu, (run, unit: string) => `${unit}…(${run.length} characters)…`)
    .slice(0, MAX_SHOWN_CHARACTERS);

function explain(error: unknown): string {
  if (error instanceof Violation) return error.message;
  if (!(error instanceof Error)) return `threw a value that is not an Error: ${String(error)}`;
  const [place = ""] = error.stack?.split("\n").filter((line) => line.trimStart().startsWith("at ")) ?? [];
  return `${error.name}: ${error.message} ${place.trim()}`;
}

interface Strays {
  check(): void;
  stop(): void;
}

/** Watches for uncaught exceptions and unhandled rejections, which would end a process on Lambda. */
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

async function measureHeldBytes(): Promise<number> {
  if (!globalThis.gc)
    throw new Error("node must run with --expose-gc, because the heap is compared after garbage collections");
  for (let pass = 0; pass < 3; pass++) {
    await turn(); // closed resources are released in the next turn of the event loop
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
