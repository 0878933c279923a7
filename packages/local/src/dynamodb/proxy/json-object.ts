import { isRecord } from "../../options/option-rules.ts";

/** Parses a JSON object. Any other text gives an empty object. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** Returns the name of an error without its namespace, for example `ValidationException`. */
export function errorName(body: string): string | undefined {
  return String(jsonObject(body).__type).split("#").at(-1);
}
