import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PLAN, type RunId } from "./plan.ts";
import type { RawResult } from "./raw-result.ts";

/** What is kept of one run: what it printed, or why it printed nothing. */
export type KeptResult = Kept & ({ result: RawResult } | { failed: string });

interface Kept {
  command: string;
  rounds: number;
  /** All of it, starting and stopping too. */
  seconds: number;
  /** One round, of a smaller size: to see that it works. */
  quick: boolean;
}

export type KeptResults = Partial<Record<RunId, KeptResult>>;

export async function readResults(folder: string): Promise<KeptResults> {
  const results: KeptResults = {};
  for (const { id } of PLAN) {
    const text = await readFile(fileOf(folder, id), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (text !== undefined) results[id] = JSON.parse(text) as KeptResult;
  }
  return results;
}

export async function keepResult(folder: string, id: RunId, result: KeptResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(fileOf(folder, id), `${JSON.stringify(result, null, 2)}\n`);
}

export const forgetResult = (folder: string, id: RunId): Promise<void> =>
  rm(fileOf(folder, id), { force: true });

const fileOf = (folder: string, id: RunId): string => join(folder, `${id}.json`);
