/** A benchmark that `npm run bench -- NAME` runs. */
export interface Benchmark {
  readonly name: string;
  /** Says in one line of the usage text what the benchmark measures. */
  readonly summary: string;
  /** The benchmark's own options, in addition to those that every benchmark has. All values are whole numbers. */
  readonly flags: Readonly<Record<string, NumberFlag>>;
  /** The number of rounds if `--rounds` is not given. */
  readonly rounds: number;
  /** Whether the benchmark can write CPU profiles. */
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
  /** Whether this run must write CPU profiles. */
  readonly profile: boolean;
  /** Shows on a terminal what the benchmark is doing. */
  progress(doing: string): void;
}

export interface BenchmarkResult {
  /** Figures for programs. They become part of the object that `--json` prints. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Text for people. */
  readonly lines: readonly string[];
  /** What must hold on any machine: nothing lost, no duplicates. If a check fails, the process exits with code 1. */
  readonly checks: readonly Check[];
}

export interface Check {
  readonly what: string;
  readonly holds: boolean;
}
