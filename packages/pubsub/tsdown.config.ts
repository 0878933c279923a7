import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: {
    index: "src/index.ts",
    handlers: "src/handlers/index.ts",
    protocol: "src/core/protocol.ts",
    tokens: "src/tokens/index.ts",
    schema: "src/aws/dynamodb/schema.ts",
  },
  platform: "node",
  target: "node20",
  fixedExtension: false,
  dts: { oxc: true },
  logLevel: "warn",
});

export default config;
