/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        pathNot: [
          ...["\\.config\\.ts$", "^stacks/", "\\.d\\.ts$", "^functions/", "^(tests|benchmarks)/"],
          // npm runs it
          "^packaging/check-node\\.mjs$",
        ],
      },
      to: {},
    },
    {
      name: "core-knows-only-core",
      comment: "the core runs on its ports alone, so that it also runs in memory under a virtual clock",
      severity: "error",
      from: { path: "^packages/pubsub/src/core/" },
      to: { pathNot: "^packages/pubsub/src/core/" },
    },
    {
      name: "adapters-know-only-the-core",
      severity: "error",
      from: { path: "^packages/pubsub/src/(aws|observe|testing)/" },
      to: { path: "^packages/pubsub/src/", pathNot: "^packages/pubsub/src/($1|core)/" },
    },
    {
      name: "a-simulation-needs-no-aws",
      comment: "the command line bundles it: the core with the adapters in memory, and nothing else",
      severity: "error",
      from: { path: "^packages/pubsub/src/simulation/" },
      to: { pathNot: "^packages/pubsub/src/(simulation|core|testing|aws/dynamodb/schema\\.ts$)" },
    },
    {
      name: "api-puts-the-adapters-together",
      severity: "error",
      from: { path: "^packages/pubsub/src/api/" },
      to: { path: "^packages/pubsub/src/", pathNot: "^packages/pubsub/src/(api|core|aws|observe)/" },
    },
    {
      name: "handlers-reach-aws-through-the-api",
      severity: "error",
      from: { path: "^packages/pubsub/src/handlers/" },
      to: { path: "^packages/pubsub/src/(aws|tokens|testing)/" },
    },
    {
      name: "in-memory-adapters-are-for-tests-and-simulations",
      severity: "error",
      from: { pathNot: "^(tests/|benchmarks/|packages/pubsub/src/(testing|simulation)/)" },
      to: { path: "^packages/pubsub/src/testing/" },
    },
    {
      name: "transport-knows-no-service",
      comment: "signing, endpoints and connections are the same for all services",
      severity: "error",
      from: { path: "^packages/pubsub/src/aws/transport/" },
      to: { path: "^packages/pubsub/src/", pathNot: "^packages/pubsub/src/(aws/transport|core)/" },
    },
    {
      name: "the-sdk-is-loaded-when-needed",
      comment: "its clients take longer to load than everything else of a function's INIT",
      severity: "error",
      from: {
        path: "^packages/pubsub/src/",
        pathNot: "^packages/pubsub/src/aws/sdk/(dynamodb|sqs|fresh-agents)\\.ts$",
      },
      to: {
        path: ["node_modules/@aws-sdk/", "^packages/pubsub/src/aws/sdk/(dynamodb|sqs|fresh-agents)\\.ts$"],
        dynamic: false,
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "schema-is-dependency-free",
      comment: "the infrastructure code imports it",
      severity: "error",
      from: { path: "^packages/pubsub/src/aws/dynamodb/schema\\.ts$" },
      to: {},
    },
    {
      name: "packages-meet-at-their-exports",
      severity: "error",
      from: { path: "^(packages/[^/]+|functions)/" },
      to: {
        path: "^packages/([^/]+)/src/(?!index\\.ts$|command\\.ts$|inspector/index\\.ts$|simulation/index\\.ts$|handlers/index\\.ts$|tokens/index\\.ts$|aws/dynamodb/schema\\.ts$|core/protocol\\.ts$|core/options/)",
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
        pathNot: "^packages/pubsub/src/(aws/dynamodb/schema|observe/metric-names|core/pipeline-events)\\.ts$",
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
      // The inspector's page is bundled when the package is built: what it uses is in the bundle, and not installed along
      from: { path: "^(packages|functions)/", pathNot: ["\\.config\\.ts$", "^packages/local/page/"] },
      // Types are copied into what is built
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    parser: "swc",
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["pubsub-source", "import", "require", "node", "default", "types"],
    },
    doNotFollow: { path: "node_modules" },
    // The consumers are copied into a project outside of this repository, which has what they import, and the OpenAPI client
    // is a project of its own
    exclude: { path: "(^|/)(dist|\\.next)/|^tests/(packages/consumers|e2e/openapi-client)/" },
  },
};
