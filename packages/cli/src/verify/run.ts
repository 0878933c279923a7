import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable, printableJson } from "../printable.ts";
import { onInterrupt } from "../terminal/interrupted.ts";
import { createProgress } from "../terminal/progress.ts";
import type { Check } from "./check.ts";
import { chosenChecks } from "./checks/index.ts";
import { dollarText, maySpend } from "./confirm.ts";
import { createRunContext } from "./context.ts";
import { estimateDollars } from "./estimate.ts";
import { findTarget } from "./find-target.ts";
import type { VerifyOptions } from "./options.ts";
import { checkLines, resultLines, summaryLine } from "./print.ts";
import { toResult, type VerifyResult } from "./result.ts";
import { runChecks } from "./run-checks.ts";
import type { Target } from "./target.ts";

const DEFAULT_INDEX_ROWS = 50;
const DEFAULT_CHAIN = 40;

export async function runVerify(_: object, options: VerifyOptions): Promise<number> {
  const { "index-rows": indexRows = DEFAULT_INDEX_ROWS, chain = DEFAULT_CHAIN, only } = options;
  const checks = chosenChecks({ indexRows, chain }, only);
  if (options.list) {
    console.log(checkLines(checks).join("\n"));
    return EXIT_CODES.done;
  }
  const target = await findTarget(options);
  const dollars = estimateDollars(checks);
  if (!options.json) console.log(introduction(target, checks, dollars));
  if (!(await maySpend(dollars, target, { yes: options.yes === true }))) return EXIT_CODES.failed;
  return verify(target, checks, options);
}

async function verify(target: Target, checks: readonly Check[], options: VerifyOptions): Promise<number> {
  const interruption = onInterrupt();
  const progress = createProgress();
  const context = createRunContext(target);
  try {
    const results = await runChecks(checks, {
      context,
      interrupted: interruption.signal,
      onStart: ({ id }, index) => progress.show(`[${index + 1}/${checks.length}] ${id} …`),
      onResult(result) {
        progress.clear();
        if (!options.json) console.log(resultLines(result).join("\n"));
      },
    });
    const result = toResult(target, await context.region(), results);
    if (options.out !== undefined) await writeResult(options.out, result);
    console.log(options.json ? printableJson(result) : summaryLine(result));
    return result.verify.failed === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    console.error("Interrupted; removing what was written …");
    return EXIT_CODES.interrupted;
  } finally {
    progress.clear();
    for (const problem of await context.cleanUp()) console.error(`not removed: ${printable(problem)}`);
    interruption.dispose();
  }
}

function introduction({ kind, url }: Target, checks: readonly Check[], dollars: number): string {
  const where = kind === "local" ? `the local stack at ${url}` : url;
  const cost = kind === "local" ? `would cost ${dollarText(dollars)} on AWS` : dollarText(dollars);
  return `Verifying ${printable(where)}: ${checks.length} checks, ${cost}\n`;
}

async function writeResult(file: string, result: VerifyResult): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
