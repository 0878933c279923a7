import { inspect } from "node:util";

/** Shows an input as JavaScript. JSON would leave out values such as functions. */
export const inspectInput = (input: unknown): string =>
  inspect(input, {
    depth: 8,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 300,
    maxArrayLength: 20,
  });
