import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findStack } from "../../packages/cli/src/stack/find-stack.ts";
import { NotAvailableError, UsageError } from "../../packages/cli/src/usage-error.ts";
import { stackForFile } from "../support/local-stack.ts";

const ALL = ["url", "table", "queue"] as const;
const OUTPUTS = {
  url: "wss://abc.execute-api.eu-west-1.amazonaws.com/prod",
  dashboard: "d",
  tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/stage-table",
  fanoutQueueArn: "arn:aws:sqs:eu-west-1:123456789012:stage-queue",
};

const local = stackForFile();
const start = process.cwd();
const environment = { ...process.env };
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "pubsub-find-")));
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (/^(AWS|PUBSUB)_/.test(name)) delete process.env[name];
});
afterEach(async () => {
  process.chdir(start);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  await rm(folder, { recursive: true, force: true });
});

async function write(file: string, content: string): Promise<void> {
  await mkdir(join(folder, dirname(file)), { recursive: true });
  await writeFile(join(folder, file), content);
}

const writeEnv = (env: Record<string, string>, file = ".local/env"): Promise<void> =>
  write(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(""),
  );
const writeOutputs = (outputs: unknown, file = ".sst/outputs.json"): Promise<void> =>
  write(file, JSON.stringify(outputs));
const stackFound = (): Record<string, string> => ({
  url: new URL("/", local.stack.websocketUrl).href,
  table: local.stack.dynamodbTableName,
  queue: local.stack.fanoutQueueUrl,
});

describe("findStack()", () => {
  it("finds the local stack of the folder before the stage that was deployed from it", async () => {
    await writeEnv(local.stack.env);
    await writeOutputs(OUTPUTS);
    expect(await findStack(ALL, {})).toEqual({ kind: "local", foundIn: ".local/env", ...stackFound() });
    expect(process.env.AWS_ENDPOINT_URL_SQS).toBe(local.stack.env.AWS_ENDPOINT_URL_SQS);
  });

  it("finds the stage that was deployed from the folder, and takes its Region from the ARNs", async () => {
    await writeOutputs(OUTPUTS);
    process.env.AWS_REGION = "us-east-1";
    expect(await findStack(ALL, {})).toEqual({
      kind: "aws",
      foundIn: ".sst/outputs.json",
      url: OUTPUTS.url,
      table: "stage-table",
      queue: "https://sqs.eu-west-1.amazonaws.com/123456789012/stage-queue",
    });
    expect(process.env.AWS_REGION).toBe("eu-west-1");
  });

  it("prefers what the environment names to both files, and flags to the environment", async () => {
    await writeEnv(local.stack.env);
    Object.assign(process.env, { PUBSUB_TABLE_NAME: "t", PUBSUB_QUEUE_URL: "https://q" });
    expect(await findStack(["table", "queue"], {})).toEqual({
      kind: "aws",
      foundIn: "the environment",
      table: "t",
      queue: "https://q",
    });
    const flags = { table: "other", queue: "https://other", region: "eu-north-1", profile: "p" };
    expect(await findStack(["table", "queue"], flags)).toMatchObject({
      foundIn: "the flags",
      table: "other",
      queue: "https://other",
    });
    expect(process.env).toMatchObject({ AWS_REGION: "eu-north-1", AWS_PROFILE: "p" });
  });

  it("recognises the environment that node --env-file has read of a local stack, and its URL", async () => {
    Object.assign(process.env, local.stack.env);
    expect(await findStack(ALL, {})).toMatchObject({ kind: "local", ...stackFound() });
  });

  it("takes the file that --env, --local or --outputs chooses, whatever the environment names", async () => {
    Object.assign(process.env, { PUBSUB_TABLE_NAME: "t", PUBSUB_QUEUE_URL: "https://q" });
    await writeEnv(local.stack.env, "elsewhere/env");
    await writeEnv(local.stack.env);
    await writeOutputs({ ...OUTPUTS, tableName: "named", fanoutQueueUrl: "https://named" }, "prod.json");
    expect(await findStack(ALL, { env: "elsewhere/env" })).toMatchObject({
      ...stackFound(),
      foundIn: "elsewhere/env",
    });
    expect(await findStack(ALL, { local: true, table: "mine" })).toMatchObject({
      ...stackFound(),
      table: "mine",
    });
    expect(await findStack(ALL, { outputs: "prod.json" })).toMatchObject({
      kind: "aws",
      table: "named",
      queue: "https://named",
    });
  });

  it("rejects a stage that is named in part, instead of completing it from another place", async () => {
    await writeEnv(local.stack.env);
    const table = findStack(["table", "queue"], { table: "t" });
    await expect(table).rejects.toThrow(UsageError);
    await expect(table).rejects.toThrow(
      "the queue of the stage is missing: give --queue or set PUBSUB_QUEUE_URL",
    );
    process.env.PUBSUB_TABLE_NAME = "t";
    // A client needs only the URL; that of the local stack would belong to another table
    await expect(findStack(["url"], {})).rejects.toThrow("the WebSocket URL of the stage is missing");
  });

  it("says where it looked if there is nothing", async () => {
    const nothing = findStack(["table", "queue"], {});
    await expect(nothing).rejects.toThrow(NotAvailableError);
    const error: unknown = await nothing.catch((reason: unknown) => reason);
    expect(String(error).replace("NotAvailableError: ", "").split("\n")).toEqual([
      "no stack was found; this command needs its table and queue. It looked at",
      "  the flags        --table, --queue: not given",
      "  the environment  PUBSUB_TABLE_NAME, PUBSUB_QUEUE_URL: not set",
      `  a local stack    ${folder}/.local/env: no such file`,
      `  an SST stage     ${folder}/.sst/outputs.json: no such file`,
      "pubsub local starts a local stack in this folder.",
    ]);
  });

  it("rejects the file of a stack that does not run, and does not go on to the deployed stage", async () => {
    await writeEnv({ ...local.stack.env, PUBSUB_LOCAL_STACK_ID: "of a stack that was killed" });
    await writeOutputs(OUTPUTS);
    await expect(findStack(ALL, {})).rejects.toThrow("the local stack of .local/env does not run any more");
  });

  it.each([
    ["{", "is not JSON"],
    ["null", "does not name the table and queue of the stage. Let run() of sst.config.ts return"],
    [JSON.stringify({ ...OUTPUTS, tableArn: "stage-table" }), "does not name the table of the stage."],
    [
      JSON.stringify({ ...OUTPUTS, fanoutQueueArn: 7 }),
      "return fanoutQueueArn or fanoutQueueUrl, or give --queue",
    ],
  ])("rejects the outputs %j", async (content, message) => {
    await write(".sst/outputs.json", content);
    await expect(findStack(["table", "queue"], {})).rejects.toThrow(message);
  });

  it("rejects a file that is missing or is not the environment of a local stack", async () => {
    await expect(findStack(ALL, { env: "nowhere" })).rejects.toThrow(
      `there is no ${folder}/nowhere: no local stack`,
    );
    await expect(findStack(ALL, { outputs: "nowhere" })).rejects.toThrow(
      `there is no ${folder}/nowhere: sst deploy`,
    );
    await write("other", "A=1");
    await expect(findStack(ALL, { env: "other" })).rejects.toThrow(
      "other is not the environment of a local stack",
    );
    await expect(findStack(ALL, { env: "." })).rejects.toThrow("cannot be read (EISDIR)");
  });
});
