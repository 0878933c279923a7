import { createInterface } from "node:readline/promises";
import { NotAvailableError } from "../usage-error.ts";
import type { Target } from "./target.ts";

/** A run that costs more asks first. */
const FREE_TO_SPEND_DOLLARS = 0.05;

export const dollarText = (dollars: number): string => `$${dollars.toFixed(dollars < 0.01 ? 4 : 2)}`;

/**
 * Resolves to whether the run may spend this much. Throws `NotAvailableError` if it would have to ask and there is no
 * terminal. The local stack costs nothing.
 */
export async function maySpend(
  dollars: number,
  { kind }: Pick<Target, "kind">,
  { yes }: { yes: boolean },
): Promise<boolean> {
  if (kind === "local" || yes || dollars <= FREE_TO_SPEND_DOLLARS) return true;
  const cost = `These checks cost about ${dollarText(dollars)} on AWS`;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new NotAvailableError(`${cost}; --yes agrees to that where there is no terminal to ask on`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${cost}. Run them? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
