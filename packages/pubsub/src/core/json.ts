import { isRecord } from "./options/option-rules.ts";

/** Returns the object that a text is the JSON of. Undefined for anything else. Never throws. */
export function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether a text is JSON, and with `asString` whether it is the JSON of a string. */
export function isJson(text: string, asString: boolean): boolean {
  try {
    const value = JSON.parse(text) as unknown;
    return !asString || typeof value === "string";
  } catch {
    return false;
  }
}
