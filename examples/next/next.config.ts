import type { NextConfig } from "next";

const config: NextConfig = {
  // The server loads it from node_modules: bundling the AWS SDK takes long and gains nothing
  serverExternalPackages: ["lambda-websocket-pubsub"],
  // The folders above have a lockfile too, and Next would take them for the project
  turbopack: { root: import.meta.dirname },
};

export default config;
