/** One of the benchmarks that `npm run bench -- NAME` runs. */
export interface Benchmark {
  readonly name: string;
  /** What it measures, in a line of the usage text. */
  readonly summary: string;
  /** Its own options, beside those that all have; all of them whole numbers. */
  readonly flags: Readonly<Record<string, NumberFlag>>;
  /** How often everything is measured unless `--rounds` says otherwise. */
  readonly rounds: number;
  /** Whether it can write CPU profiles. */
  readonly profiles?: boolean;
  run(given: BenchmarkRun): Promise<BenchmarkResult>;
}

export interface NumberFlag {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly help: string;
}

export interface BenchmarkRun {
  readonly flags: Readonly<Record<string, number>>;
  readonly rounds: number;
  /** Whether CPU profiles are to be written. */
  readonly profile: boolean;
  /** Shown on a terminal while the benchmark runs. */
  progress(doing: string): void;
}

export interface BenchmarkResult {
  /** For programs: merged into the object that `--json` prints. */
  readonly json: Readonly<Record<string, unknown>>;
  /** For people. */
  readonly lines: readonly string[];
  /** What has to be true whatever the machine: nothing lost, nothing twice. One that is not ends the run with 1. */
  readonly checks: readonly Check[];
}

export interface Check {
  readonly what: string;
  readonly holds: boolean;
}
