import { printable } from "../printable.ts";
import type { Check } from "./check.ts";
import type { VerifyResult } from "./result.ts";
import type { CheckResult } from "./run-checks.ts";

/** A line that is written over, on a terminal only. In a pipe nothing is written. */
export interface Progress {
  show(text: string): void;
  clear(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const clear = (): void => void (stream.isTTY && stream.write("\r\u001b[K"));
  return {
    show(text) {
      clear();
      if (stream.isTTY) stream.write(text.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
    },
    clear,
  };
}

/** One line for a check that holds, and what was expected and seen for every other. */
export function resultLines({ id, what, expected, holds, saw }: CheckResult): string[] {
  const seen = printable(saw);
  if (holds === true) return [`ok       ${id}: ${seen}`];
  if (holds === null) return [`skipped  ${id}: ${seen}`];
  return [`FAILED   ${id}: ${what}`, `         expected: ${expected}`, `         saw:      ${seen}`];
}

export const summaryLine = ({ verify }: VerifyResult): string =>
  `${verify.passed} passed, ${verify.failed} failed, ${verify.skipped} skipped (${printable(verify.target)})`;

export function checkLines(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks.map(({ id, what, expected }) => `${id.padEnd(width)}  ${what}; expected: ${expected}`);
}
