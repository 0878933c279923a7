import { defineConfig, type UserConfig } from "tsdown";
import { bothFormats } from "../../packaging/module-formats.ts";

const config: UserConfig = defineConfig({
  // jose publishes only ES modules
  ...bothFormats("jose"),
  entry: {
    index: "src/index.ts",
    handlers: "src/handlers/index.ts",
    protocol: "src/core/protocol.ts",
    tokens: "src/tokens/index.ts",
    schema: "src/aws/dynamodb/schema.ts",
  },
  // Clients of the HTTP interface are generated from it
  copy: ["../../docs/openapi.json"],
  platform: "node",
  target: "node20",
  dts: { oxc: true },
  logLevel: "warn",
});

export default config;
