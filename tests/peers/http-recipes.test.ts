/** The recipes of docs/http.md work as they are written: in a shell with curl, and in Python. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readTopicEvents } from "lambda-websocket-pubsub";
import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { repository } from "../support/client-build.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { codeBlocks } from "../support/markdown-sections.ts";
import { collect } from "../support/samples.ts";
import { findPrograms } from "./support/find-program.ts";

const secret = randomUUID();
const page = readFileSync(`${repository}docs/http.md`, "utf8");
const section = (heading: string): string =>
  page.split(/^## /m).find((each) => each.startsWith(heading)) ?? "";
const SIGNED = section("With a signature");
const WITH_TOKEN = section("With a topic token");

const run = promisify(execFile);
const [sh] = findPrograms("bash");
const [python] = findPrograms("python3");
const missingCurl = await whyNotCurl();

/** Its options of 7.82 are what the recipes use. */
async function whyNotCurl(): Promise<string | undefined> {
  if (sh === undefined || findPrograms("curl").length === 0) return "the recipes need bash and curl";
  const { stdout } = await run("curl", ["--version"]);
  const [, major = "0", minor = "0"] = /^curl (\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) * 1_000 + Number(minor) >= 7_082 ? undefined : "the recipes need curl 7.82";
}

/** Runs a block of the page as a reader does. */
async function shell(block: string, env: object): Promise<unknown[]> {
  const script = `set -eu\n${block.replaceAll("curl --", "curl --silent --show-error --write-out '\\n' --")}`;
  const { stdout } = await run(sh ?? "", ["-c", script], { env: { PATH: process.env.PATH, ...env } });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** What differs at each run. */
const comparable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, each: unknown) => (/^(epoch|publishedAt)$/.test(key) ? key : each));

describe("the recipes with a signature", () => {
  const local = stackForFile(() => ({ functions: { http: functionPath("http-iam") } }));
  beforeEach(({ skip }) => skip(missingCurl !== undefined, missingCurl));

  it("return what the page shows", async () => {
    const [recipes, responses] = [codeBlocks(SIGNED, "sh"), codeBlocks(SIGNED, "json")];
    expect([recipes.length, responses.length]).toEqual([3, 3]);
    for (const [index, recipe] of recipes.entries()) {
      const [response] = await shell(recipe, local.stack.env);
      expect(comparable(response)).toEqual(comparable(JSON.parse(responses[index] ?? "")));
    }
    const events = await collect(readTopicEvents({ topicId: "orders", config: local.config }));
    expect(events.map(({ data }) => data)).toEqual([{ text: "hello" }, 2, 4]);
  });

  it("are refused by AWS's own words with another key", async () => {
    const [recipe = ""] = codeBlocks(SIGNED, "sh");
    const [response] = await shell(recipe, { ...local.stack.env, AWS_SECRET_ACCESS_KEY: "other" });
    expect(response).toEqual({ message: expect.stringContaining("signature we calculated does not match") });
  });
});

describe("the recipes with a topic token", () => {
  const local = stackForFile(() => ({
    functions: { http: functionPath("http-topic-tokens") },
    functionEnv: { TOPIC_TOKEN_SECRETS: JSON.stringify([secret]) },
    http: { authType: "NONE" },
  }));
  const env = async (): Promise<object> => {
    const TOKEN = await mintTopicToken({ publish: ["room-1"], topicId: "room-1", secret });
    return { PUBSUB_HTTP_URL: local.stack.httpUrl, TOKEN };
  };

  it("publish and return the position with curl", async ({ skip }) => {
    skip(missingCurl !== undefined, missingCurl);
    const [recipe = ""] = codeBlocks(WITH_TOKEN, "sh");
    const [published, position] = await shell(recipe, await env());
    expect(published).toMatchObject({ publicationId: "m-1", duplicate: false });
    const { epoch, offset } = Object(published);
    expect(position).toEqual({ topicId: "room-1", epoch, offset });
  });

  it("publish and read with Python", async ({ skip }) => {
    skip(python === undefined, "this recipe needs python3");
    const folder = await mkdtemp(join(tmpdir(), "http-recipe-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [program = ""] = codeBlocks(WITH_TOKEN, "python");
    await writeFile(join(folder, "recipe.py"), program);
    const { stdout } = await run(python ?? "", [join(folder, "recipe.py")], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...(await env()) },
    });
    const events = await collect(readTopicEvents({ topicId: "room-1", config: local.config }));
    expect(stdout.trim().split("\n")).toEqual(
      events.map(({ offset, data }) => `${offset} ${JSON.stringify(data).replace('":"', '": "')}`),
    );
    expect(events.at(-1)?.data).toEqual({ text: "from Python" });
  });
});
