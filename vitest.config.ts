import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const sourceCondition = "pubsub-source";

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: [sourceCondition] },
  ssr: { resolve: { conditions: [sourceCondition, "node", "import", "default"] } },
  test: {
    include: ["{tests,benchmarks}/**/*.test.ts"],
    reporters: ["default", "./tests/support/count-reporter.ts"],
    globalSetup: ["tests/support/global-setup.ts"],
    execArgv: [`--conditions=${sourceCondition}`],
    // Longer than the waits of tests/support/eventually.ts, which say what they waited for
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: "forks",
    // Many tests wait for other processes, and five files hardly use two cores
    maxWorkers: 5,
    // The processes that the tests start live for seconds. Without these, half of that is compilation
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/node-compile-cache", import.meta.url)),
      JDK_JAVA_OPTIONS: "-XX:TieredStopAtLevel=1",
    },
  },
});

export default config;
