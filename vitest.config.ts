import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig, type ViteUserConfig } from "vitest/config";

const sourceCondition = "pubsub-source";

/** Tests that start no stack, replace no module, and leave the environment as it was. */
const sharedFiles = [
  "tests/{client,supply-chain}/**/*.test.ts",
  "tests/pubsub/{unit,property,conformance}/**/*.test.ts",
  "tests/cli/simulate/**/*.test.ts",
  "benchmarks/*/**/*.test.ts",
];

const allFiles = "{tests,benchmarks}/**/*.test.ts";

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: [sourceCondition] },
  ssr: { resolve: { conditions: [sourceCondition, "node", "import", "default"] } },
  test: {
    reporters: ["default", "./tests/support/count-reporter.ts"],
    globalSetup: ["tests/support/global-setup.ts"],
    execArgv: [`--conditions=${sourceCondition}`],
    // Longer than the waits of tests/support/eventually.ts, which say what they waited for
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: "forks",
    // Many tests wait for other processes, and four files just use two cores
    maxWorkers: 4,
    // The processes that the tests start live for seconds. Without these, half of that is compilation
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/node-compile-cache", import.meta.url)),
      JDK_JAVA_OPTIONS: "-XX:TieredStopAtLevel=1",
    },
    projects: [
      {
        extends: true,
        test: {
          name: "stacks",
          include: [allFiles],
          // Without the defaults, the tests of packages that a test installs would run too
          exclude: [...configDefaults.exclude, ...sharedFiles],
        },
      },
      {
        extends: true,
        // Loading the library takes longer than most of these tests: one process loads it once
        test: { name: "shared", include: sharedFiles, isolate: false },
      },
    ],
  },
});

export default config;
