/** What a user reads if AWS or the network refuses what a command needs. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PubsubError } from "lambda-websocket-pubsub";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { explainError, isOfArguments } from "../../packages/cli/src/explain-error.ts";
import { eventually } from "../support/eventually.ts";
import { runPubsub, startPubsub } from "../support/verify.ts";

afterEach(() => vi.unstubAllEnvs());

const QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/fanout";
const DEPLOYED = ["--table", "pubsub", "--queue", QUEUE];
/** A machine without AWS settings. */
const NO_SETTINGS = {
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
};

it("names the Region and the option if the Region does not exist", async () => {
  vi.stubEnv("AWS_REGION", "nowhere-7");
  const error = new PubsubError(
    "STORAGE_FAILED",
    "Query: getaddrinfo ENOTFOUND dynamodb.nowhere-7.amazonaws.com",
  );
  expect(await explainError(error, "pubsub publish")).toBe(
    "STORAGE_FAILED: Query: getaddrinfo ENOTFOUND dynamodb.nowhere-7.amazonaws.com\n" +
      "The Region is nowhere-7. --region chooses another one.",
  );
});

it("regards an error as one of the arguments only if nothing was done", () => {
  expect(isOfArguments(new PubsubError("INVALID_TOPIC_ID", ""))).toBe(true);
  expect(isOfArguments(new PubsubError("FANOUT_NOT_QUEUED", ""))).toBe(false);
});

it.each([
  ["a Region", [], /^STORAGE_FAILED: .*Region is missing\nGive --region, or set AWS_REGION\.\n$/],
  [
    "credentials",
    ["--region", "us-east-1"],
    /^STORAGE_FAILED: .*\nName an AWS profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\.\n$/,
  ],
])("says how to give %s that is missing, and exits with 1", async (_, args, message) => {
  const { code, stdout, stderr } = await runPubsub(["publish", "t", "x", ...DEPLOYED, ...args], NO_SETTINGS);
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});

it("says once where tail cannot connect and why, without the query, and goes on until Ctrl-C", async () => {
  let attempts = 0;
  const server = createServer().listen(0, "127.0.0.1");
  server.on("upgrade", (_, socket) => {
    attempts += 1;
    socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
  });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const place = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/prod`;
  const { child, outcome } = await startPubsub(["tail", "t", "--url", `${place}?token=secret`]);
  await eventually(() => expect(attempts).toBeGreaterThan(3));
  child.kill("SIGINT");
  expect(await outcome).toEqual({
    code: 0,
    stdout: "",
    stderr: `CONNECT_FAILED: ${place}: Unexpected server response: 403. It tries again until Ctrl-C\n`,
  });
});
