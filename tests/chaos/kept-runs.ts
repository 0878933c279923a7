import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { currentCommit, type Machine, thisMachine } from "../../benchmarks/support/machine.ts";

/** The fields that the result of every suite has. Each suite adds its own figures. */
export interface ChaosResult {
  suite: string;
  seed: number;
  ok: boolean;
  breakage?: string;
  /** Absent if the producers sent every fan-out to the queue. */
  inlineFanoutMax?: number;
}

/** A run's result and the command that repeats the run. */
export interface KeptRun<Result extends ChaosResult = ChaosResult> {
  command: string;
  at: string;
  commit: string | null;
  machine: Machine;
  result: Result;
}

export const runName = ({
  suite,
  seed,
  breakage,
  inlineFanoutMax = 0,
}: Pick<KeptRun["result"], "suite" | "seed"> & {
  breakage?: string | undefined;
  inlineFanoutMax?: number | undefined;
}): string => {
  const inline = inlineFanoutMax > 0 ? [`inline-${inlineFanoutMax}`] : [];
  return [suite, seed, ...inline, ...(breakage === undefined ? [] : [breakage])].join("-");
};

/** Keeps a result. A later run with the same name replaces it. */
export async function keepRun(directory: string, command: string, result: ChaosResult): Promise<void> {
  const at = new Date().toISOString();
  await keepAgain(directory, { command, at, commit: currentCommit(), machine: thisMachine(), result });
}

export async function keepAgain(directory: string, kept: KeptRun): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${runName(kept.result)}.json`), `${JSON.stringify(kept, null, 2)}\n`);
}

export async function readRuns(directory: string): Promise<KeptRun[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(directory, name), "utf8")) as KeptRun),
  );
}
