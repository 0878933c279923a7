/**
 * Without a queue, a publish to unreachable connections resolved, and the log had `[object Object]` as
 * the reason.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { getPublicationStatus, type PublishResult, subscribeToTopic } from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { bareEnv } from "../support/bare-env.ts";
import { closedPort } from "../support/free-ports.ts";
import { stackForFile } from "../support/local-stack.ts";
import { consumerOf } from "../support/samples.ts";

const local = stackForFile();

interface Line {
  level: string;
  consumers: number;
}

/** Publishes in a process of its own, outside Lambda; returns what it printed. */
async function publishInProcess(config: object): Promise<{ result: PublishResult; stderr: string }> {
  const script = `
    import { publishToTopic } from "lambda-websocket-pubsub";
    console.log(JSON.stringify(await publishToTopic(JSON.parse(process.env.REQUEST))));`;
  const args = ["--conditions=pubsub-source", "--input-type=module", "--eval", script];
  const REQUEST = JSON.stringify({ topicId: "room", data: "hello", publicationId: "p1", config });
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...bareEnv(), ...local.stack.env, REQUEST },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { result: JSON.parse(stdout) as PublishResult, stderr };
}

it("resolves, counts each consumer that could not be reached as abandoned, and logs the reason once", async () => {
  const { dynamodbTableName } = local.config;
  const config = { dynamodbTableName, managementEndpoint: `http://127.0.0.1:${await closedPort()}/prod` };
  for (const id of ["a", "b"]) await subscribeToTopic({ consumer: consumerOf(id), topicId: "room", config });

  const { result, stderr } = await publishInProcess(config);
  expect(result).toMatchObject({ topicId: "room", publicationId: "p1", offset: 1, duplicate: false });

  const { topicId, epoch, offset } = result;
  const status = await getPublicationStatus({ topicId, epoch, offset, config });
  expect(status).toMatchObject({ state: "complete", delivered: 0, gone: 0, abandoned: 2 });

  const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
  const errors = lines.map((line) => JSON.parse(line) as Line).filter(({ level }) => level === "ERROR");
  for (const error of errors) {
    expect(error).toMatchObject({
      message: "delivery-abandoned",
      topicId: "room",
      publicationId: "p1",
      offset: 1,
      attempt: 3,
      reason: expect.stringContaining("ECONNREFUSED"),
    });
  }
  expect(errors.reduce((sum, { consumers }) => sum + consumers, 0)).toBe(2);
  expect(stderr).not.toContain("[object");
});
