const core =
  "^packages/pubsub/src/(?!aws/|memory/|handlers/|observe/|tokens/|(operator-)?api\\.ts|pubsub\\.ts|index\\.ts)";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        pathNot: ["\\.config\\.ts$", "^stacks/", "\\.d\\.ts$", "^functions/", "^tests/"],
      },
      to: {},
    },
    {
      name: "core-knows-no-aws-and-no-node",
      comment: "the core runs on its ports alone, so that it runs in memory under a virtual clock too",
      severity: "error",
      from: { path: core },
      to: { pathNot: core },
    },
    {
      name: "adapters-know-the-core-only",
      severity: "error",
      from: { path: "^packages/pubsub/src/(aws|memory)/" },
      to: { path: "^packages/pubsub/src/(handlers/|(operator-)?api\\.ts|pubsub\\.ts|index\\.ts)" },
    },
    {
      name: "in-memory-adapters-are-for-tests",
      severity: "error",
      from: { pathNot: "^(tests/|packages/pubsub/src/memory/)" },
      to: { path: "^packages/pubsub/src/memory/" },
    },
    {
      name: "schema-is-dependency-free",
      comment: "the infrastructure code imports it",
      severity: "error",
      from: { path: "^packages/pubsub/src/aws/schema\\.ts$" },
      to: {},
    },
    {
      name: "packages-meet-at-their-exports",
      severity: "error",
      from: { path: "^(packages/[^/]+|functions)/" },
      to: {
        path: "^packages/([^/]+)/src/(?!index\\.ts$|handlers/index\\.ts$|tokens/index\\.ts$|aws/schema\\.ts$|protocol\\.ts$)",
        pathNot: "^$1/",
      },
    },
    {
      name: "functions-are-wiring",
      severity: "error",
      from: { path: "^functions/" },
      to: {
        pathNot: [
          "^functions/",
          "^packages/pubsub/src/(index|handlers/index|tokens/index)\\.ts$",
          "node_modules/sst/",
        ],
      },
    },
    {
      name: "stacks-know-constants-only",
      comment: "what SST evaluates must not load the library",
      severity: "error",
      from: { path: "^stacks/" },
      to: {
        path: "^packages/",
        pathNot: "^packages/pubsub/src/(aws/schema|observe/metric-names|pipeline-events)\\.ts$",
      },
    },
    {
      name: "tokens-cost-only-who-imports-them",
      comment: "they bring a library for cryptography along",
      severity: "error",
      from: { path: "^packages/", pathNot: "^packages/pubsub/src/tokens/" },
      to: { path: ["^packages/pubsub/src/tokens/", "node_modules/jose/"] },
    },
    { name: "nothing-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "only-declared-dependencies",
      severity: "error",
      from: { path: "^(packages|functions)/", pathNot: "\\.config\\.ts$" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    parser: "swc",
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["pubsub-source", "import", "require", "node", "default", "types"],
    },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
  },
};
