import { isRecord } from "../../options/option-rules.ts";

/** The members of a JSON object; none of anything else. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
