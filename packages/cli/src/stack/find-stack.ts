import { printable } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { kindOfEnvironment, partsOfEnvironment, VARIABLES } from "./environment.ts";
import { ENV_FILE, localStack } from "./local-stack.ts";
import { flagOf, noSuchFile, nothingFound, outputsMissing, partsMissing } from "./not-found.ts";
import { OUTPUTS_FILE, sstStage } from "./sst-outputs.ts";
import { type Stack, type StackPart, stackParts } from "./stack.ts";
import type { StackOptions } from "./stack-options.ts";

export type FoundStack<Part extends StackPart> = Stack & Readonly<Record<Part, string>>;

type Parts = Partial<Record<StackPart, string>>;

/**
 * Finds the stack that a command works on, with all parts that it needs:
 *
 * 1. in the file that `--env`, `--local` or `--outputs` chooses, where flags replace single parts;
 * 2. otherwise in the flags and the environment variables, if any of them names a part;
 * 3. otherwise the local stack that runs in this folder;
 * 4. otherwise the stage that was deployed from this folder.
 *
 * The parts belong together: a publication to one stage's table and to another one's queue would be lost. A stage that is
 * named in part is therefore an error, and is not completed from the next source.
 *
 * Sets the AWS settings of this process. Throws `UsageError` if a part is missing, and `NotAvailableError` if there is no
 * stack, which lists where it looked.
 */
export async function findStack<const Part extends StackPart>(
  needed: readonly Part[],
  options: StackOptions,
): Promise<FoundStack<Part>> {
  const stack = await find(needed, options);
  if (options.region !== undefined) process.env.AWS_REGION = options.region;
  if (options.profile !== undefined) process.env.AWS_PROFILE = options.profile;
  // The library's warnings are log lines of a function: who typed the command has its result instead
  process.env.POWERTOOLS_LOG_LEVEL ??= "ERROR";
  return stack as FoundStack<Part>;
}

async function find(needed: readonly StackPart[], options: StackOptions): Promise<Stack> {
  const flags = partsOfFlags(options);
  const isLocal = options.local === true || options.env !== undefined;
  if (options.outputs !== undefined) {
    if (isLocal)
      throw new UsageError("--outputs names a deployed stage, so --local and --env cannot be given");
    const stage = await deployedStage(options.outputs, needed, flags);
    if (!stage) throw noSuchFile(options.outputs, "sst deploy writes it");
    return stage;
  }
  if (isLocal) {
    const file = options.env ?? ENV_FILE;
    const stack = await localStack(file);
    const why = options.env === undefined ? "no local stack runs in this folder" : "no local stack wrote it";
    if (!stack) throw noSuchFile(file, `${why}. pubsub local starts one`);
    return { ...stack, ...flags };
  }
  const named = { ...partsOfEnvironment(process.env), ...flags };
  if (Object.keys(named).length > 0) return namedStage(needed, named, flags);
  const stack = (await localStack(ENV_FILE)) ?? (await deployedStage(OUTPUTS_FILE, needed, flags));
  if (!stack) throw nothingFound(needed);
  if (stack.kind === "aws") sayWhich(stack);
  return stack;
}

const partsOfFlags = ({ url, table, queue }: StackOptions): Parts => ({
  ...(url !== undefined && { url }),
  ...(table !== undefined && { table }),
  ...(queue !== undefined && { queue }),
});

function namedStage(needed: readonly StackPart[], named: Parts, flags: Parts): Stack {
  const missing = needed.filter((part) => named[part] === undefined);
  if (missing.length > 0) {
    const given = stackParts.filter((part) => named[part] !== undefined);
    throw partsMissing(
      missing,
      given.map((part) => (flags[part] === undefined ? VARIABLES[part] : flagOf(part))),
    );
  }
  const isOfFlags = needed.every((part) => flags[part] !== undefined);
  const foundIn = isOfFlags ? "the flags" : "the environment";
  return { kind: kindOfEnvironment(process.env), foundIn, ...named };
}

async function deployedStage(
  file: string,
  needed: readonly StackPart[],
  flags: Parts,
): Promise<Stack | undefined> {
  const stage = await sstStage(file);
  if (!stage) return undefined;
  const stack = { ...stage.stack, ...flags };
  const missing = needed.filter((part) => stack[part] === undefined);
  if (missing.length > 0) throw outputsMissing(missing, file);
  if (stage.region !== undefined) process.env.AWS_REGION = stage.region;
  return stack;
}

/** Nobody named this stage. Whoever types wants to know which one it is; a script does not. */
function sayWhich({ foundIn, table, url }: Stack): void {
  if (process.stderr.isTTY) console.error(`Using the stage of ${foundIn}: ${printable(table ?? url ?? "")}`);
}
