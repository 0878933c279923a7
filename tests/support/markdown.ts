/** The shortest rule below a head that Markdown accepts, with its colon. */
const CELL_MIN = 3;

/**
 * Returns a table. The first `texts` columns are texts, the others are figures and aligned right. All cells are padded,
 * so that the source is readable, too.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], texts = 1): string[] {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, CELL_MIN, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const padded = (cells: readonly string[]): string => {
    const written = widths.map((width, column) => {
      const cell = cells[column] ?? "";
      return column < texts ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${written.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    column < texts ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [padded(head), `| ${rule.join(" | ")} |`, ...rows.map(padded), ""];
}

export const NONE = "–";

/** Formats a number, for example `12,345.6`. */
export function figure(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NONE;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const percent = (value: number | null | undefined, digits = 1): string =>
  typeof value === "number" ? `${figure(value * 100, digits)} %` : NONE;

export const codeBlock = (lines: readonly string[]): string[] => ["```sh", ...lines, "```", ""];

/** Formats a duration, for example `4 min 05 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
