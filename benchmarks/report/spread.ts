import { figure, NONE } from "../../tests/support/markdown.ts";
import type { Spread } from "../support/statistics.ts";
import type { Figure } from "./raw-result.ts";

/** Formats a median with its minimum and maximum over the rounds. */
export function showSpread(value: Spread | undefined, digits = 0): string {
  if (!value || (value.median as Figure) === null) return NONE;
  const { median, min, max } = value;
  return `${figure(median, digits)} (${figure(min, digits)}–${figure(max, digits)})`;
}
