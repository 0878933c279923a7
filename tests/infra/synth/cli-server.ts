import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { ACCOUNT } from "./provider.ts";
import type { Properties, RpcCall } from "./synthesis.ts";

export interface CliServer {
  url: string;
  calls: RpcCall[];
  close(): void;
}

/** Starts a server for the requests that SST's components send to the CLI over HTTP during the evaluation. */
export async function startCliServer(root: string, artifacts: string): Promise<CliServer> {
  const calls: RpcCall[] = [];
  const methods: Record<string, (params: Properties) => unknown> = {
    "Provider.Aws.Bootstrap": ({ region }) => ({
      asset: `sst-asset-${region}`,
      state: `sst-state-${region}`,
      assetEcrRegistryId: ACCOUNT,
      assetEcrUrl: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/sst-asset`,
    }),
    "Provider.Aws.Appsync": () => ({ http: "appsync.example", realtime: "appsync-realtime.example" }),
    "Runtime.AddTarget": () => true,
    "Runtime.Build": (params) => buildStub(root, artifacts, params),
  };
  const respond = async (request: IncomingMessage): Promise<unknown> => {
    const { method, params } = JSON.parse(await text(request)) as { method: string; params: [Properties] };
    calls.push({ method, params: params[0] });
    const called = methods[method];
    if (!called) return { error: `rpc: can't find method ${method}` };
    try {
      return { result: await called(params[0]) };
    } catch (error) {
      return { error: String(error) };
    }
  };
  const server = createServer((request, response) => {
    void respond(request).then((body) => response.end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    close: () => void server.close(),
  };
}

/** Writes an empty bundle. It only checks that the handler exists, because another test checks the real bundle. */
async function buildStub(root: string, artifacts: string, params: Properties): Promise<Properties> {
  const handler = String(params.handler);
  const file = handler.slice(0, handler.lastIndexOf("."));
  if (!existsSync(path.join(root, `${file}.ts`))) throw new Error(`the handler ${handler} does not exist`);
  const out = path.join(artifacts, `${params.functionID}-src`);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await writeFile(path.join(out, "bundle.mjs"), "export const handler = () => {};\n");
  return { handler: "bundle.handler", out, errors: [], sourcemaps: [] };
}
