import { existsSync } from "node:fs";
import { copyFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { freePorts } from "../../support/free-ports.ts";
import { bundleModule } from "../../support/lambda-bundle.ts";
import { runServer, temporaryFolder } from "./proxy.ts";

/** A folder of its own: these packages have 214 MB, and the lockfile does not know them. */
const PACKAGES = fileURLToPath(new URL("../../../node_modules/.cache/peers/node_modules", import.meta.url));
const PROGRAM = join(PACKAGES, "serverless", "bin", "serverless.js");
const INSTALL = "npm install --prefix node_modules/.cache/peers serverless@npm:osls@3 serverless-offline@13";

export const missingServerlessOffline = (): string | undefined =>
  existsSync(PROGRAM) && existsSync(join(PACKAGES, "serverless-offline"))
    ? undefined
    : `No serverless-offline: Install it (${INSTALL})`;

export interface ServerlessOffline {
  websocketUrl: string;
  managementEndpoint: string;
}

/** Runs a project whose only function is the library's WebSocket handler, until the end of the test. */
export async function startServerlessOffline(
  environment: Record<string, string>,
): Promise<ServerlessOffline> {
  const [websocketPort = 0, httpPort = 0, lambdaPort = 0] = await freePorts(3);
  const managementEndpoint = `http://127.0.0.1:${websocketPort}`;
  const folder = await temporaryFolder();
  const bundle = await bundleModule(new URL("../functions/websocket.ts", import.meta.url), {
    splitting: false,
  });
  onTestFinished(() => bundle.remove());
  await copyFile(bundle.path, join(folder, "websocket.js"));
  await symlink(PACKAGES, join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const project = toProject({ ...environment, MANAGEMENT_ENDPOINT: managementEndpoint });
  await writeFile(join(folder, "serverless.json"), JSON.stringify(project));
  const ports = { websocketPort, httpPort, lambdaPort };
  const args = Object.entries({ host: "127.0.0.1", ...ports }).flatMap(([name, value]) => [
    `--${name}`,
    `${value}`,
  ]);
  await runServer(process.execPath, [PROGRAM, "offline", "start", ...args], websocketPort, folder);
  return { websocketUrl: `ws://127.0.0.1:${websocketPort}`, managementEndpoint };
}

const toProject = (environment: Record<string, string>): object => ({
  service: "peers",
  plugins: ["serverless-offline"],
  provider: { name: "aws", runtime: "nodejs22.x", region: "us-east-1", environment },
  functions: {
    websocket: {
      handler: "websocket.handler",
      events: ["$connect", "$disconnect", "$default"].map((route) => ({ websocket: route })),
    },
  },
});
