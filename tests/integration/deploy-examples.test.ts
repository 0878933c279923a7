import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, expect, it } from "vitest";
import { parse } from "yaml";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connectSubscriber } from "../support/sockets.ts";

const example = fileURLToPath(new URL("../../examples/deploy-sam/", import.meta.url));
let out: string;

/** The three examples' functions, which are the same, bundled as examples/deploy-sam/template.yaml says. */
const local = stackForFile(async () => {
  out = await mkdtemp(path.join(tmpdir(), "deploy-example-"));
  return {
    functionEnv: { PUBSUB_MAX_POSTS_PER_SECOND: "1750" },
    functions: { websocket: await bundle("WebsocketFunction"), fanout: await bundle("FanoutFunction") },
  };
});
afterAll(() => rm(out, { recursive: true, force: true }));

interface SamFunction {
  Metadata: { BuildMethod: string; BuildProperties: Record<string, unknown> };
  Properties: { Handler: string };
}

/** Does what `sam build` does with the function's metadata, but takes the library from its source. */
async function bundle(id: string): Promise<string> {
  const text = await readFile(path.join(example, "template.yaml"), "utf8");
  // No part of the functions' build is an intrinsic function
  const { Resources } = parse(text, { logLevel: "error" }) as { Resources: Record<string, SamFunction> };
  const { Metadata, Properties } = Resources[id] as SamFunction;
  const { EntryPoints, MainFields, Target, Minify, ...unknown } = Metadata.BuildProperties;
  expect(Metadata.BuildMethod).toBe("esbuild");
  expect(unknown).toEqual({});
  await build({
    absWorkingDir: example,
    entryPoints: EntryPoints as string[],
    mainFields: String(MainFields).split(","),
    target: String(Target),
    minify: Minify === true,
    bundle: true,
    platform: "node",
    outdir: out,
    conditions: ["pubsub-source", "module"],
    logLevel: "error",
  });
  const [module, exported] = Properties.Handler.split(".");
  expect(exported).toBe("handler");
  return path.join(out, `${module}.js`);
}

it("responds to a subscriber and delivers to it with the bundles that SAM builds from the example's functions", async () => {
  const topicId = randomUUID();
  const subscriber = await connectSubscriber(local.stack, topicId);
  const { epoch, offset } = await publishToTopic({ topicId, data: "from an example", config: local.config });
  await eventually(async () => {
    const status = await getPublicationStatus({ topicId, epoch, offset, config: local.config });
    expect(status).toMatchObject({ state: "complete", delivered: 1 });
  });
  await subscriber.settle();
  expect(subscriber.received).toEqual(["from an example"]);
  const unsubscribed = await subscriber.request({ action: "UNSUBSCRIBE", topicId });
  expect(unsubscribed).toMatchObject({ type: "UNSUBSCRIBED" });
});
