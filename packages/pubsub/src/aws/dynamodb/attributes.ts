import type { AttributeValue } from "@aws-sdk/client-dynamodb";

export type Item = Record<string, AttributeValue>;

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const flag = (value: boolean): AttributeValue => ({ BOOL: value });

/**
 * A binary attribute. The SDK encodes bytes by itself. The direct path sends an input as `JSON.stringify` writes it, so
 * the bytes bring what that must write: base64.
 */
export function bytes(value: Buffer): AttributeValue {
  const toJSON = (): string => value.toString("base64");
  return { B: Object.assign(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), { toJSON }) };
}

/** The bytes of a binary attribute, or nothing if it is missing or something else. */
export function readBytes(item: Item | undefined, name: string): Uint8Array | undefined {
  const value: unknown = item?.[name]?.B;
  // The direct path returns what is on the wire
  return typeof value === "string"
    ? Buffer.from(value, "base64")
    : value instanceof Uint8Array
      ? value
      : undefined;
}

/** A string attribute, or nothing if it is missing or something else. */
export function readText(item: Item | undefined, name: string): string | undefined {
  const value: unknown = item?.[name]?.S;
  return typeof value === "string" ? value : undefined;
}

/** A whole number from 0, or nothing if it is missing or something else. */
export function readNumber(item: Item | undefined, name: string): number | undefined {
  const digits: unknown = item?.[name]?.N;
  const value = typeof digits === "string" && digits !== "" ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function readFlag(item: Item | undefined, name: string): boolean | undefined {
  const value: unknown = item?.[name]?.BOOL;
  return typeof value === "boolean" ? value : undefined;
}

/** How many entries a list has; 0 if it is missing or something else. */
export function readLength(item: Item | undefined, name: string): number {
  const value: unknown = item?.[name]?.L;
  return Array.isArray(value) ? value.length : 0;
}
