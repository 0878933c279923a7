import { printable } from "../printable.ts";
import { green, red, yellow } from "../terminal/colours.ts";
import type { Check } from "./check.ts";
import type { VerifyResult } from "./result.ts";
import type { CheckResult } from "./run-checks.ts";

/** One line for a check that holds, and what was expected and seen for every other. */
export function resultLines({ id, what, expected, holds, saw }: CheckResult): string[] {
  const seen = printable(saw);
  if (holds === true) return [`${green("ok")}       ${id}: ${seen}`];
  if (holds === null) return [`${yellow("skipped")}  ${id}: ${seen}`];
  return [
    `${red("FAILED")}   ${id}: ${what}`,
    `         expected: ${expected}`,
    `         saw:      ${seen}`,
  ];
}

export const summaryLine = ({ verify }: VerifyResult): string =>
  `${verify.passed} passed, ${verify.failed} failed, ${verify.skipped} skipped (${printable(verify.target)})`;

export function checkLines(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks.map(({ id, what, expected }) => `${id.padEnd(width)}  ${what}; expected: ${expected}`);
}
