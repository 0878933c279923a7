import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DlqOutcome, runDlq } from "../support/dlq.ts";
import { stackForFile } from "../support/local-stack.ts";

const local = stackForFile();
let empty: string;
beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), "pubsub-dlq-"));
});
afterAll(() => rm(empty, { recursive: true, force: true }));

/** Environment that points the SDK at the stack, without the names of the table and the queue. */
const sdkOnly = (): Record<string, string> => {
  const { PUBSUB_TABLE_NAME: _table, PUBSUB_QUEUE_URL: _queue, ...env } = local.stack.env;
  return env;
};
const list = (flags: string[], env: Record<string, string> = sdkOnly(), cwd = empty): Promise<DlqOutcome> =>
  runDlq(["list", ...flags], { env, cwd });
const none = { code: 0, stdout: "No dead letters.\n", stderr: "" };

describe("npm run dlq", () => {
  it("reads the queue that the flags name", async () => {
    const { dynamodbTableName, fanoutQueueUrl } = local.config;
    expect(await list(["--table", dynamodbTableName, "--queue", fanoutQueueUrl])).toEqual(none);
  });

  it("reads the queue that the environment names", async () => {
    expect(await list([], local.stack.env)).toEqual(none);
  });

  it("reads the queue of the folder's local stack, and fails if the stack does not run", async () => {
    const folder = await mkdtemp(join(empty, "started-"));
    await mkdir(join(folder, ".local"));
    const write = (env: Record<string, string>): Promise<void> =>
      writeFile(
        join(folder, ".local/env"),
        Object.entries(env)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(""),
      );
    await write(local.stack.env);
    expect(await list([], {}, folder)).toEqual(none);
    const endpoint = "http://127.0.0.1:1";
    await write({ ...local.stack.env, AWS_ENDPOINT_URL_SQS: endpoint });
    expect(await list([], {}, folder)).toEqual({
      code: 1,
      stdout: "",
      stderr: `the local stack of .local/env does not respond at ${endpoint}; npm start starts it\n`,
    });
  });

  it.each([
    [
      [],
      "the table and the queue are missing: give --table and --queue, or set PUBSUB_TABLE_NAME and PUBSUB_QUEUE_URL, or run npm start",
    ],
    [["--table", "t"], "the queue is missing: give --queue URL or set PUBSUB_QUEUE_URL"],
    [["--queue", "http://127.0.0.1:1/q"], "the table is missing: give --table NAME or set PUBSUB_TABLE_NAME"],
  ])("exits with 2 and says what is missing for the flags %j", async (flags, message) => {
    const { code, stdout, stderr } = await list(flags);
    expect({ code, stdout, first: stderr.split("\n")[0] }).toEqual({ code: 2, stdout: "", first: message });
  });

  it("exits with 1 for a queue that does not exist or is not a URL", async () => {
    const gone = await list(["--queue", `${local.config.fanoutQueueUrl}-none`], local.stack.env);
    expect(gone).toMatchObject({ code: 1, stdout: "" });
    expect(gone.stderr).toMatch(/^QUEUE_FAILED: GetQueueAttributes: .*\n$/);
    const wrong = await list(["--queue", "fanout"], local.stack.env);
    expect(wrong).toMatchObject({ code: 1, stdout: "" });
    expect(wrong.stderr).toMatch(
      /^INVALID_ARGUMENT: config\.fanoutQueueUrl must be an http\(s\) URL; got "fanout"/,
    );
  });
});

it("exits with 2 for an unknown flag and with 0 after --help", async () => {
  const refused = await runDlq(["redrive", "--dryrun"], { env: {}, cwd: empty });
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toMatch(/^Unknown option '--dryrun'/);
  const help = await runDlq(["--help"], { env: {}, cwd: empty });
  expect(help).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("--dry-run") });
});
