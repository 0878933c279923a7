import type { NextConfig } from "next";

const config: NextConfig = {
  // The folders above have a lockfile too, and Next would take them for the project
  turbopack: { root: import.meta.dirname },
};

export default config;
