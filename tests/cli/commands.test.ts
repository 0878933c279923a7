/** `publish`, `tail`, `subscribers` and `status` against a local stack, as a user types them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { bareEnv } from "../support/bare-env.ts";
import { eventually, within } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connectSubscriber } from "../support/sockets.ts";
import { type PubsubOutcome, runPubsub, startPubsub } from "../support/verify.ts";

const local = stackForFile();
const bin = fileURLToPath(new URL("../../packages/cli/src/bin.ts", import.meta.url));

const run = (...args: string[]): Promise<PubsubOutcome> => runPubsub(args, local.stack.env);
const json = ({ stdout }: PubsubOutcome): Record<string, unknown> => JSON.parse(stdout);

async function publishWithInput(input: string, ...args: string[]): Promise<PubsubOutcome> {
  const child = spawn(process.execPath, ["--conditions=pubsub-source", bin, "publish", ...args], {
    env: { ...bareEnv(), ...local.stack.env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { stdout, stderr, code };
}

it("publishes JSON, text and standard input, prints the position, and repeats an id without a second event", async () => {
  const topic = "published";
  const subscriber = await connectSubscriber(local.stack, topic);
  const first = await run("publish", topic, '{"text":"hello"}', "--json");
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(json(first)).toEqual({
    topicId: topic,
    publicationId: expect.any(String),
    epoch: expect.any(String),
    offset: 1,
    duplicate: false,
  });
  const id = ["--publication-id", "order-7"];
  expect((await run("publish", topic, "7", "--text", ...id)).stdout).toBe(
    `published: ${topic} #2  publication order-7\n`,
  );
  expect((await run("publish", topic, "7", "--text", ...id)).stdout).toBe(
    `was published before: ${topic} #2  publication order-7\n`,
  );
  expect(await publishWithInput("two\nlines\n", topic, "-")).toMatchObject({ code: 0, stderr: "" });
  await eventually(() => expect(subscriber.received).toHaveLength(3));
  expect(subscriber.received).toEqual(['{"text":"hello"}', "7", "two\nlines\n"]);
});

it("rejects data that begins like JSON and is not JSON, and publishes it with --text", async () => {
  const { code, stderr } = await run("publish", "almost", '{"text":"hello"');
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^DATA begins like JSON and is not JSON: .*\. --text publishes it as text\nSee pubsub publish --help\.\n$/,
  );
  expect(await run("publish", "almost", '{"text":"hello"', "--text")).toMatchObject({ code: 0 });
});

it("prints the newest events of several topics and new ones, one JSON object a line, and ends after --count", async () => {
  for (const data of ["1", "2", "3"]) await run("publish", "tail-a", data);
  const { child, outcome } = await startPubsub(
    ["tail", "tail-a", "tail-b", "--last", "2", "--count", "3", "--json"],
    local.stack.env,
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (const data of [2, 3]) {
    const { value } = await within("event", lines.next());
    expect(JSON.parse(String(value))).toMatchObject({ topicId: "tail-a", offset: data, data });
  }
  // The other topic's subscription may be later than the events of this one
  await eventually(async () => expect((await run("subscribers", "tail-b", "--count")).stdout).toBe("1\n"));
  await run("publish", "tail-b", '{"new":true}');
  const { value } = await within("event", lines.next());
  expect(JSON.parse(String(value))).toEqual({
    topicId: "tail-b",
    epoch: expect.any(String),
    offset: 1,
    publicationId: expect.any(String),
    publishedAt: expect.any(Number),
    data: { new: true },
  });
  expect(await outcome).toMatchObject({ code: 0, stderr: "" });
});

it("prints events as lines without control characters, and exits with 0 on Ctrl-C", async () => {
  await run("publish", "plain", "a\u001b[2Jb");
  const { child, outcome } = await startPubsub(["tail", "plain", "--last", "1"], local.stack.env);
  const [line] = await within("event", once(createInterface({ input: child.stdout }), "line"));
  expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}plain #1 {2}a\\u001b\[2Jb$/);
  child.kill("SIGINT");
  expect(await outcome).toMatchObject({ code: 0, stderr: "" });
});

it.each([
  ["tail", ["tail", "x".repeat(513)], /^INVALID_\w+: .*512/],
  ["publish", ["publish", "x".repeat(513), "hello"], /^INVALID_TOPIC_ID: .*512/],
  ["status", ["status", "", "1"], /^INVALID_TOPIC_ID: .*512/],
  ["publish", ["publish", "t", "x", "--publication-id", "x".repeat(513)], /^INVALID_PUBLICATION_ID: .*512/],
  ["publish", ["publish", "t", "x".repeat(131_000)], /^PAYLOAD_TOO_LARGE: /],
])("exits with 2 for what the library refuses of the arguments of %s", async (_, args, message) => {
  const { code, stderr, stdout } = await run(...args);
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

it("lists and counts the subscribers of a topic", async () => {
  const topic = "listed";
  expect(await run("subscribers", topic)).toEqual({
    code: 0,
    stdout: "",
    stderr: `Nobody is subscribed to ${topic}.\n`,
  });
  await Promise.all([connectSubscriber(local.stack, topic), connectSubscriber(local.stack, topic)]);
  const listed = await eventually(async () => {
    const lines = (await run("subscribers", topic)).stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    return lines;
  });
  for (const line of listed) expect(line).toMatch(/^[^/]+\/[^/]+\/[^/]+$/);
  expect(json(await run("subscribers", topic, "--max", "1", "--json"))).toEqual({
    topicId: topic,
    count: 1,
    subscribers: [expect.objectContaining({ connectionId: expect.any(String) })],
  });
  expect(json(await run("subscribers", topic, "--count", "--json"))).toEqual({ topicId: topic, count: 2 });
});

it("waits for a publication's fan-out and prints what happened to it", async () => {
  const topic = "followed";
  await connectSubscriber(local.stack, topic);
  const { offset, epoch } = json(await run("publish", topic, "hello", "--json"));
  const status = await run("status", topic, String(offset), "--wait", "--json");
  expect(status).toMatchObject({ code: 0, stderr: "" });
  expect(json(status)).toEqual({
    topicId: topic,
    epoch,
    offset,
    state: "complete",
    delivered: 1,
    gone: 0,
    retried: expect.any(Number),
    abandoned: 0,
    pages: 1,
  });
  const lines = await run("status", topic, String(offset), "--epoch", String(epoch));
  expect(lines.stdout).toMatch(/^followed #1 of epoch \S+: complete\n {7}1 {2}delivered: /);
  const missing = await run("status", topic, "99");
  expect(missing).toMatchObject({ code: 1, stdout: "" });
  expect(missing.stderr).toMatch(/^PUBLICATION_NOT_FOUND: /);
});

it("exits with 1 for a queue that does not exist", async () => {
  const queue = `${local.config.fanoutQueueUrl}-none`;
  const gone = await run("dlq", "list", "--queue", queue, "--table", local.config.dynamodbTableName);
  expect(gone).toMatchObject({ code: 1, stdout: "" });
  expect(gone.stderr).toMatch(/^QUEUE_FAILED: GetQueueAttributes: .*\n$/);
});

it("publishes to a user's own topic, with only the data as a word", async () => {
  const published = await run("publish", "--to-user", "user-7", '{"shipped":5}', "--json");
  expect(published).toMatchObject({ code: 0, stderr: "" });
  expect(json(published)).toMatchObject({ topicId: "$user/user-7", offset: 1 });
});

it("says which Region and option to look at if the table does not exist", async () => {
  const { code, stderr } = await run("subscribers", "t", "--table", "no-such-table");
  expect(stderr).toMatch(
    /^STORAGE_FAILED: .*ResourceNotFoundException.*\nThe account has no such table in the Region, which is us-east-1\. --table and --region choose others\.\n$/,
  );
  expect(code).toBe(1);
});
