import type { LocalLogSource } from "./local-log.ts";

/** What a JSON log line needs to be shown; lines that are not JSON were written by hand, and always are. */
const SHOWN_LEVELS = /"level":\s*"(warn|warning|error|critical|fatal)"/i;

/** The line as shown to the user, or undefined. */
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

/** Receives the lines if the caller has no log of its own: a function must not fail in silence. */
export function logToStandardError(line: string, source: LocalLogSource): void {
  const shown = shownLog(line, source);
  if (shown !== undefined) console.error(shown);
}
