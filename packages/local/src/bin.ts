#!/usr/bin/env node
import { nodeTooOld } from "./node-version.ts";

const problem = nodeTooOld();
if (problem === undefined) await import("./cli.ts");
else {
  console.error(problem);
  process.exitCode = 1;
}
