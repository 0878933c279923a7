import { resolve } from "node:path";
import { NotAvailableError, UsageError } from "../usage-error.ts";
import { VARIABLES } from "./environment.ts";
import { ENV_FILE } from "./local-stack.ts";
import { OUTPUTS, OUTPUTS_FILE } from "./sst-outputs.ts";
import type { StackPart } from "./stack.ts";

/** No source names a stack. Says where the command looked, and for what. */
export function nothingFound(needed: readonly StackPart[]): NotAvailableError {
  const lines = [
    `no stack was found; this command needs its ${listed(needed.map(nameOf))}. It looked at`,
    `  the flags        ${needed.map(flagOf).join(", ")}: not given`,
    `  the environment  ${needed.map((part) => VARIABLES[part]).join(", ")}: not set`,
    `  a local stack    ${resolve(ENV_FILE)}: no such file`,
    `  an SST stage     ${resolve(OUTPUTS_FILE)}: no such file`,
    "pubsub local starts a local stack in this folder.",
  ];
  return new NotAvailableError(lines.join("\n"));
}

/** Flags and variables name a stage, but not all of it. */
export function partsMissing(missing: readonly StackPart[], given: readonly string[]): UsageError {
  const ways = missing.map((part) => `give ${flagOf(part)} or set ${VARIABLES[part]}`);
  return new UsageError(
    `the ${listed(missing.map(nameOf))} of the stage ${isOrAre(missing)} missing: ${listed(ways)}. ` +
      `${listed(given)} ${isOrAre(given)} there, and parts of different stacks are not put together`,
  );
}

/** The outputs of an SST stage do not name all of it. */
export function outputsMissing(missing: readonly StackPart[], file: string): NotAvailableError {
  return new NotAvailableError(
    `${resolve(file)} does not name the ${listed(missing.map(nameOf))} of the stage. Let run() of sst.config.ts return ` +
      `${listed(missing.map((part) => OUTPUTS[part]))}, or give ${listed(missing.map(flagOf))}`,
  );
}

export function noSuchFile(file: string, what: string): NotAvailableError {
  return new NotAvailableError(`there is no ${resolve(file)}: ${what}`);
}

export const flagOf = (part: StackPart): string => `--${part}`;

const nameOf = (part: StackPart): string => (part === "url" ? "WebSocket URL" : part);

const isOrAre = (words: readonly string[]): string => (words.length > 1 ? "are" : "is");

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
