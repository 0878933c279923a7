import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Ends a run with one plain line of counts, for tools that read only the last line. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    const skipped: TestCase[] = [];
    // A file that does not load, or an error outside of any test, fails the run without a failed test
    let failed = errors.length;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      const states = tests.map((test) => test.result().state);
      passed += states.filter((state) => state === "passed").length;
      skipped.push(...tests.filter((test) => test.result().state === "skipped"));
      const failures = states.filter((state) => state === "failed").length;
      failed += failures === 0 && module.state() === "failed" ? 1 : failures;
    }
    // After the other reporters' summaries
    process.once("exit", () => {
      console.log(`${passed} passed, ${failed} failed${skippedPart(skipped)}`);
    });
  }
}

function skippedPart(tests: readonly TestCase[]): string {
  if (tests.length === 0) return "";
  const notes = tests.flatMap((test) => {
    const result = test.result();
    return result.state === "skipped" ? (result.note ?? []) : [];
  });
  return `, ${tests.length} skipped${notes.length > 0 ? ` (${[...new Set(notes)].join("; ")})` : ""}`;
}
