import { defineConfig, type ViteUserConfig } from "vitest/config";
import type { TestSequencer, TestSpecification } from "vitest/node";

/** Whole simulations last: most mutants are found by something cheaper before. */
class UnitTestsFirst implements TestSequencer {
  shard(files: TestSpecification[]): TestSpecification[] {
    return files;
  }
  sort(files: TestSpecification[]): TestSpecification[] {
    const cost = ({ moduleId }: TestSpecification): number => (moduleId.includes("/property/") ? 1 : 0);
    return files.toSorted((a, b) => cost(a) - cost(b));
  }
}

/** The tests of the core that need no process, socket or file: each mutant runs those that reach it. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: [
      "tests/pubsub/{unit,handlers}/**/*.test.ts",
      "tests/pubsub/property/{fan-out,topic-log}.test.ts",
    ],
    exclude: [
      "tests/pubsub/unit/{http-,direct-calls,post-client,call-,sigv4,answer-reader,trace-,exports,api-,doc-}*.test.ts",
    ],
    setupFiles: ["tests/mutation/few-runs.ts"],
    sequence: { sequencer: UnitTestsFirst },
    testTimeout: 10_000,
  },
});

export default config;
