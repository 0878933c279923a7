import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { printable, printableJson } from "../printable.ts";
import type { Check } from "./check.ts";
import { chosenChecks } from "./checks/index.ts";
import { dollarText, maySpend } from "./confirm.ts";
import { createRunContext } from "./context.ts";
import { estimateDollars } from "./estimate.ts";
import { findTarget } from "./find-target.ts";
import { parseVerifyOptions, USAGE, type VerifyOptions } from "./options.ts";
import { checkLines, createProgress, resultLines, summaryLine } from "./print.ts";
import { toResult, type VerifyResult } from "./result.ts";
import { runChecks } from "./run-checks.ts";
import type { Target } from "./target.ts";

const INTERRUPTED_EXIT_CODE = 130; // 128 + SIGINT, as shells have it
/** One Ctrl-C arrives twice under npm: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500;

/** Runs `pubsub verify`. Resolves to the exit code. Throws `UsageError` and `NotAvailableError`. */
export async function runVerifyCommand(args: readonly string[]): Promise<number> {
  const options = parseVerifyOptions(args);
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  const checks = chosenChecks(options.sizes, options.checkIds);
  if (options.list) {
    console.log(checkLines(checks).join("\n"));
    return 0;
  }
  const target = await findTarget(options);
  const dollars = estimateDollars(checks);
  if (!options.json) console.log(introduction(target, checks, dollars));
  if (!(await maySpend(dollars, target, { yes: options.yes === true }))) return 1;
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
    return result.verify.failed === 0 ? 0 : 1;
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    console.error("Interrupted; removing what was written …");
    return INTERRUPTED_EXIT_CODE;
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

/** The first interruption aborts the run, so that it can clean up. The next one ends the process. */
function onInterrupt(): { signal: AbortSignal; dispose(): void } {
  const interruption = new AbortController();
  let firstMs: number | undefined;
  const onSignal = (): void => {
    const nowMs = performance.now();
    firstMs ??= nowMs;
    if (nowMs - firstMs > SAME_SIGNAL_MS) process.exit(INTERRUPTED_EXIT_CODE);
    interruption.abort(new Error("interrupted"));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: interruption.signal,
    dispose() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
