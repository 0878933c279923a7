import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one plain line that counts, for whoever reads only the last one. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let skipped = 0;
    // A file that could not be loaded, or an error outside of any test, fails the run without a test that failed
    let failed = errors.length;
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      passed += states.filter((state) => state === "passed").length;
      skipped += states.filter((state) => state === "skipped").length;
      const failures = states.filter((state) => state === "failed").length;
      failed += failures === 0 && module.state() === "failed" ? 1 : failures;
    }
    // Behind the other reporters' summaries
    process.once("exit", () => {
      console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
    });
  }
}
