import { once } from "node:events";
import { createInterface } from "node:readline/promises";

/** Where the user is asked. */
export interface Terminal {
  isPresent: boolean;
  /** Resolves to an empty text if the user interrupts the question. */
  ask(question: string): Promise<string>;
}

/** Asks on standard error, so that standard output has only the result. */
export function processTerminal(): Terminal {
  return {
    isPresent: process.stdin.isTTY === true && process.stderr.isTTY === true,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      const interrupted = once(lines, "close").then(() => "");
      try {
        return await Promise.race([lines.question(question), interrupted]);
      } finally {
        lines.close();
      }
    },
  };
}

/** Resolves to whether the user typed "y" or "yes". Anything else, and an interruption, is a no. */
export async function confirmed(question: string, terminal: Terminal): Promise<boolean> {
  return /^y(es)?$/i.test((await terminal.ask(`${question} [y/N] `)).trim());
}
