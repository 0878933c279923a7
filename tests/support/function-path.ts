import { fileURLToPath } from "node:url";

/** A function module of the integration tests, for `startLocal`. */
export const functionPath = (name: string): string =>
  fileURLToPath(new URL(`../integration/functions/${name}.ts`, import.meta.url));
