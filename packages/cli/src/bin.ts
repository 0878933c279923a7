import { nodeTooOld } from "./node-version.ts";

const problem = nodeTooOld();
if (problem === undefined) {
  // `pubsub tail room-1 | head -1`: the reader has what it wants
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  console.error(problem);
  process.exitCode = 1;
}
