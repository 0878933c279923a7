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
    maxWorkers: 2,
  },
});

export default config;
