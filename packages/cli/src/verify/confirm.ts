import { confirmed, processTerminal, type Terminal } from "../terminal/ask.ts";
import { NotAvailableError } from "../usage-error.ts";
import type { Target } from "./target.ts";

/** A run that costs more asks first. */
const FREE_TO_SPEND_DOLLARS = 0.05;

export const dollarText = (dollars: number): string => {
  if (dollars < 0.0001) return "less than $0.0001";
  return `about $${dollars.toFixed(dollars < 0.01 ? 4 : 2)}`;
};

/**
 * Resolves to whether the run may spend this much. Throws `NotAvailableError` if it would have to ask and there is no
 * terminal. The local stack costs nothing.
 */
export async function maySpend(
  dollars: number,
  { kind }: Pick<Target, "kind">,
  { yes, terminal = processTerminal() }: { yes: boolean; terminal?: Terminal },
): Promise<boolean> {
  if (kind === "local" || yes || dollars <= FREE_TO_SPEND_DOLLARS) return true;
  const cost = `These checks cost ${dollarText(dollars)} on AWS`;
  if (!terminal.isPresent) {
    throw new NotAvailableError(`${cost}; --yes agrees to that where there is no terminal to ask on`);
  }
  return confirmed(`${cost}. Run them?`, terminal);
}
