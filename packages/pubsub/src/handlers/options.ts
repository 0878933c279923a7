import { invalid } from "../config.ts";
import { PubsubError } from "../errors.ts";

/** Throws `INVALID_ARGUMENT` for options that are no object, or that name something unknown. */
export function knownOptions(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw invalid(`the options of ${caller}`, "an object", options);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new PubsubError("INVALID_ARGUMENT", `${caller} has no option ${key}; it has ${known.join(", ")}`);
    }
  }
}
