/**
 * Names of units of work in the ledger: a page of the index (`000001`), a part that a unit handed on
 * (`000001/0`), an abandoned part that came back from the dead-letter queue (`000001/0/dead`).
 */
const PAGE_DIGITS = 6;
const DEAD = "dead";

export const pageUnit = (page: number): string => String(page).padStart(PAGE_DIGITS, "0");

export const partUnit = (unit: string, index: number): string => `${unit}/${index}`;

export const deadUnit = (unit: string): string => `${unit}/${DEAD}`;

export const isUnit = (value: string): boolean => /^\d{6,12}(\/(\d{1,4}|dead)){0,64}$/.test(value);

export type UnitKind = "page" | "part" | "dead";

export function unitKind(unit: string): UnitKind {
  if (!unit.includes("/")) return "page";
  return unit.endsWith(`/${DEAD}`) ? "dead" : "part";
}
