/** Returns whether a text is JSON, and with `asString` whether it is the JSON of a string. */
export function isJson(text: string, asString: boolean): boolean {
  try {
    const value = JSON.parse(text) as unknown;
    return !asString || typeof value === "string";
  } catch {
    return false;
  }
}
