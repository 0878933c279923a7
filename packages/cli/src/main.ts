import { buildProgram, HelpPrinted } from "./command-line/build-program.ts";
import { completions } from "./command-line/complete.ts";
import { commands } from "./commands.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { explainError, isOfArguments } from "./explain-error.ts";
import { printableLines } from "./printable.ts";
import { ownVersion } from "./version.ts";

/** What the scripts of `pubsub completion` call at each Tab. */
const COMPLETE = "__complete";

/** Runs one command line without the program's name. Returns the exit code. Never throws. */
export async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === COMPLETE) {
    for (const line of completions(commands, rest)) console.log(line);
    return EXIT_CODES.done;
  }
  let exitCode: number = EXIT_CODES.done;
  const onDone = (code: number): void => {
    exitCode = code;
  };
  const program = buildProgram({ name: "pubsub", version: ownVersion(), commands, onDone });
  if (first === undefined) {
    console.log(program.helpInformation());
    return EXIT_CODES.usage;
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof HelpPrinted) return EXIT_CODES.done;
    console.error(printableLines(await explainError(error, pathOf(args))));
    return isOfArguments(error) ? EXIT_CODES.usage : EXIT_CODES.failed;
  }
}

/** The command that the arguments name, for an error that does not say which one it belongs to. */
function pathOf(args: readonly string[]): string {
  const path = ["pubsub"];
  let known = commands as readonly { name: string; commands?: readonly { name: string }[] }[];
  for (const word of args) {
    const command = known.find(({ name }) => name === word);
    if (!command) break;
    path.push(command.name);
    known = command.commands ?? [];
  }
  return path.join(" ");
}
