/** For Jest. The name is one that Vitest does not look for. */
const { ENTRIES, exercise } = require("../../exercise.cjs");

test("the packages", async () => {
  const report = await exercise(Object.fromEntries(ENTRIES.map((entry) => [entry, require(entry)])));
  console.log(`report ${JSON.stringify(report)}`);
});
