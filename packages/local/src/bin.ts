#!/usr/bin/env node
import { nodeTooOld } from "./node-version.ts";

const problem = nodeTooOld();
if (problem === undefined) {
  hideSqliteWarning();
  await import("./cli.ts");
} else {
  console.error(problem);
  process.exitCode = 1;
}

/** Node 22 warns that its SQLite is experimental. The SQS server uses it, and the user cannot act on the warning. */
function hideSqliteWarning(): void {
  const emit = process.emitWarning as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (!String(args[0]).startsWith("SQLite is an experimental feature")) emit.apply(process, args);
  };
}
