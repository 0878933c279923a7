/** What a request gives: the parameters of its URL, or the fields of its body. */
export interface ApiInput {
  has(name: string): boolean;
  value(name: string): unknown;
  /** Throws `InvalidInput` if it is absent or empty. */
  text(name: string): string;
  /** Returns an object with the text under its name, or an empty one. */
  optional<Name extends string>(name: Name): Partial<Record<Name, string>>;
  /** Throws `InvalidInput` if it is not a whole number in the range. */
  whole(name: string, min: number, max?: number, fallback?: number): number;
}

/** The request is malformed. The page shows the message. */
export class InvalidInput extends Error {
  override readonly name = "InvalidInput";
  readonly code = "INVALID_INPUT";
}

export function inputOf(fields: Readonly<Record<string, unknown>>): ApiInput {
  const has = (name: string): boolean => Object.hasOwn(fields, name) && fields[name] !== undefined;
  const value = (name: string): unknown => (has(name) ? fields[name] : undefined);
  return {
    has,
    value,
    text(name) {
      const given = value(name);
      if (typeof given === "string" && given !== "") return given;
      throw new InvalidInput(`${name} must be a text; got ${given === undefined ? "nothing" : typeof given}`);
    },
    optional<Name extends string>(name: Name): Partial<Record<Name, string>> {
      const given = value(name);
      if (typeof given !== "string" || given === "") return {};
      return { [name]: given } as Partial<Record<Name, string>>;
    },
    whole(name, min, max = Number.MAX_SAFE_INTEGER, fallback) {
      if (!has(name) && fallback !== undefined) return fallback;
      const given = Number(value(name) ?? Number.NaN);
      if (Number.isSafeInteger(given) && given >= min && given <= max) return given;
      throw new InvalidInput(`${name} must be a whole number from ${min} to ${max}`);
    },
  };
}
