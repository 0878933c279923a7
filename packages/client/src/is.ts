/** Tests for values from outside. */
export type Is = (value: unknown) => boolean;

export const isString = (value: unknown): value is string => typeof value === "string";
export const isNumber = (value: unknown): value is number => typeof value === "number";
export const isBoolean: Is = (value) => typeof value === "boolean";
export const isFunction = (value: unknown): value is (...given: never[]) => unknown =>
  typeof value === "function";
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
export const isOffset: Is = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const isListOf =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is);

/** An object with at least these fields. */
export const isShape =
  (shape: Readonly<Record<string, Is>>): Is =>
  (value) =>
    isObject(value) && Object.entries(shape).every(([key, is]) => is(value[key]));
