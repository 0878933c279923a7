const { ENTRIES, exercise } = require("../exercise.cjs");

exercise(Object.fromEntries(ENTRIES.map((entry) => [entry, require(entry)]))).then((report) => {
  console.log(`report ${JSON.stringify(report)}`);
  process.exit();
});
