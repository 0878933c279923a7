import type { AttributeValue } from "@aws-sdk/client-dynamodb";

export type Item = Record<string, AttributeValue>;

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const flag = (value: boolean): AttributeValue => ({ BOOL: value });

/** A string attribute, or nothing if it is missing or something else. */
export const readText = (item: Item | undefined, name: string): string | undefined => item?.[name]?.S;

/** A whole number from 0, or nothing if it is missing or something else. */
export function readNumber(item: Item | undefined, name: string): number | undefined {
  const value = Number(item?.[name]?.N ?? Number.NaN);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export const readFlag = (item: Item | undefined, name: string): boolean | undefined => item?.[name]?.BOOL;
