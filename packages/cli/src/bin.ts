import { nodeTooOld } from "./node-version.ts";

const problem = nodeTooOld();
if (problem === undefined) {
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  console.error(problem);
  process.exitCode = 1;
}
