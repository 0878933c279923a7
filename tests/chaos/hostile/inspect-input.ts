import { inspect } from "node:util";

/** As JavaScript has it: JSON would leave out what is no JSON. */
export const inspectInput = (input: unknown): string =>
  inspect(input, {
    depth: 8,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 300,
    maxArrayLength: 20,
  });
