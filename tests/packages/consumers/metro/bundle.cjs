/** Bundles the entry with Metro as @react-native/metro-config sets it up, and runs the bundle. */
const { join } = require("node:path");
const { createContext, runInContext } = require("node:vm");
const { loadConfig, runBuild } = require("metro");

const [packageExports] = process.argv.slice(2);

async function bundle() {
  const projectRoot = join(__dirname, "../..");
  const { resolver, transformer, ...rest } = await loadConfig({ cwd: __dirname }, { projectRoot });
  const config = {
    ...rest,
    maxWorkers: 1,
    reporter: { update() {} },
    resolver: {
      ...resolver,
      platforms: ["android", "ios"],
      resolverMainFields: ["react-native", "browser", "main"],
      unstable_conditionNames: ["react-native"],
      unstable_enablePackageExports: packageExports === "on",
    },
    // In the place of React Native's Babel preset
    transformer: {
      ...transformer,
      getTransformOptions: async () => ({
        transform: { experimentalImportSupport: true, inlineRequires: false },
      }),
    },
  };
  const output = { build: (server, options) => server.build(options), save: async () => {} };
  const entry = "consumers/metro/entry.js";
  return (await runBuild(config, { entry, platform: "ios", dev: false, minify: false, output })).code;
}

bundle().then((code) => {
  const app = createContext({ console });
  runInContext(`${code}\n__r(0)`, app);
  console.log(`report ${JSON.stringify(app.report)}`);
  process.exit();
});
