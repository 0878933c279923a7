/** JSON values, and functions that read them. Their errors name the path that is missing. */
export type Value = string | number | boolean | null | undefined | Value[] | { [key: string]: Value };
export type Fields = Record<string, Value>;

export function isFields(value: Value): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the value at a path, or `undefined` if the path does not exist. */
export function at(value: Value, ...path: (string | number)[]): Value {
  return path.reduce<Value>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isFields(inner) ? inner[key] : undefined;
  }, value);
}

export const fieldsAt = (value: Value, ...path: (string | number)[]): Fields => {
  const found = at(value, ...path);
  if (!isFields(found)) throw new Error(`${path.join(".")} is ${JSON.stringify(found)}, not an object`);
  return found;
};

export const textAt = (value: Value, ...path: (string | number)[]): string => {
  const found = at(value, ...path);
  if (typeof found !== "string") throw new Error(`${path.join(".")} is ${JSON.stringify(found)}, not text`);
  return found;
};

export const numberAt = (value: Value, ...path: (string | number)[]): number =>
  Number(at(value, ...path) ?? Number.NaN);

/** Returns a list: IAM and YAML accept one value instead of a list. */
export const listAt = (value: Value, ...path: (string | number)[]): Value[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : found === undefined || found === null ? [] : [found];
};

export const textsAt = (value: Value, ...path: (string | number)[]): string[] =>
  listAt(value, ...path).map(String);
