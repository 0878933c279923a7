import type { LocalLogSource } from "./local-log.ts";
import { printable } from "./printable.ts";

/** A JSON log line is shown if it has one of these levels. A line that is not JSON is always shown. */
const SHOWN_LEVELS = /"level":\s*"(warn|warning|error|critical|fatal)"/i;

/** Returns the line as the user sees it, or undefined if it is not shown. */
export function shownLog(line: string, source: LocalLogSource): string | undefined {
  if (source.kind === "stack") {
    const isProgress = source.name === "dynamodb";
    return source.level === "info" && !isProgress ? undefined : `[${source.name}] ${line}`;
  }
  if (line.trim() === "") return undefined;
  const isQuietJson = line.startsWith("{") && source.stream === "stdout" && !SHOWN_LEVELS.test(line);
  const writer = source.pid === 0 ? source.name : `${source.name} ${source.pid}`;
  return isQuietJson ? undefined : `[${writer}] ${line}`;
}

/** A stack trace stays readable. Any other line break stays escaped: it could make text of a client look like another entry. */
const printableEntry = (text: string): string =>
  text
    .split(/\n(?=[ }])/)
    .map(printable)
    .join("\n");

/**
 * Receives the lines if the caller gives no `onLog`, so that no function fails in silence. The lines have topic ids and
 * other text of clients.
 */
export function logToStandardError(line: string, source: LocalLogSource): void {
  const shown = shownLog(line, source);
  if (shown !== undefined) console.error(shown.split("\t").map(printableEntry).join("\t"));
}
