import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PLAN, type RunId } from "./plan.ts";
import type { RawResult } from "./raw-result.ts";

/** The kept result of one run: what the run printed, or why it printed no result. */
export type KeptResult = Kept & ({ result: RawResult } | { failed: string });

interface Kept {
  command: string;
  rounds: number;
  /** Duration of the whole run, including start and stop. */
  seconds: number;
  /** Whether this was a quick run: one round with a smaller size, to check that the benchmark works. */
  quick: boolean;
}

export type KeptResults = Partial<Record<RunId, KeptResult>>;

export async function readResults(folder: string): Promise<KeptResults> {
  const results: KeptResults = {};
  for (const { id } of PLAN) {
    const text = await readFile(toPath(folder, id), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (text !== undefined) results[id] = JSON.parse(text) as KeptResult;
  }
  return results;
}

export async function keepResult(folder: string, id: RunId, result: KeptResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(toPath(folder, id), `${JSON.stringify(result, null, 2)}\n`);
}

export const forgetResult = (folder: string, id: RunId): Promise<void> =>
  rm(toPath(folder, id), { force: true });

const toPath = (folder: string, id: RunId): string => join(folder, `${id}.json`);
