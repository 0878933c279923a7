/** Whether a text is JSON; of a string, if it has to be. */
export function isJson(text: string, asString: boolean): boolean {
  try {
    const value = JSON.parse(text) as unknown;
    return !asString || typeof value === "string";
  } catch {
    return false;
  }
}
