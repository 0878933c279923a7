import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";

/** A function's module and the name under which it exports the handler. */
export interface FunctionEntry {
  file: string;
  exportName: string;
}

const DEFAULT_EXPORT_NAME = "handler";

/** Reads `./file.ts` or `./file.ts#exportName`; relative paths start at the current folder. */
export function parseEntry(entry: string): FunctionEntry {
  const match = /^(.+)#([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(entry);
  // The path itself may contain a `#`.
  if (!match || existsSync(entry)) return { file: resolve(entry), exportName: DEFAULT_EXPORT_NAME };
  const [, file = "", exportName = ""] = match;
  return { file: resolve(file), exportName };
}

export function isEntry(entry: string): boolean {
  return statSync(parseEntry(entry).file, { throwIfNoEntry: false })?.isFile() === true;
}
