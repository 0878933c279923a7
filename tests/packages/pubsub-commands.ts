import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { within } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import type { Consumers } from "./consumer-runs.ts";
import type { Outcome } from "./foreign-project.ts";

const START_TIMEOUT_MS = 120_000;
const STEP_TIMEOUT_MS = 120_000;

interface Started {
  env: Record<string, string>;
  deadLetterQueueUrl: string;
}

/** Runs the commands of `pubsub` as their help says, in an empty folder of the project. */
export function describePubsubCommands({ project, nodeOf }: Consumers): void {
  describe("pubsub, in an empty folder", { timeout: STEP_TIMEOUT_MS }, () => {
    let folder: string;
    let bin: string;
    let started: Started;
    let stop: () => Promise<{ code: number | null; log: string }>;

    const pubsub = (...args: string[]): Promise<Outcome> => project().run(nodeOf(24), bin, args, folder);
    const json = async (...args: string[]): Promise<unknown> => {
      const { code, output } = await pubsub(...args, "--json");
      expect(code, output).toBe(0);
      return JSON.parse(output);
    };

    beforeAll(async () => {
      folder = join(project().dir, "empty");
      bin = join(project().dir, "node_modules/.bin/pubsub");
      await mkdir(folder);
      const [gateway, dynamodb, sqs] = await freePorts(3);
      const ports = [
        "--gateway-port",
        `${gateway}`,
        "--dynamodb-port",
        `${dynamodb}`,
        "--sqs-port",
        `${sqs}`,
      ];
      const child = spawn(bin, ["local", ...ports, "--no-inspector", "--json"], {
        cwd: folder,
        env: project().env(nodeOf(24)),
        stdio: ["ignore", "pipe", "pipe"],
      });
      let log = "";
      child.stderr.on("data", (chunk) => {
        log += String(chunk);
      });
      const closed = once(child, "close");
      stop = async () => {
        child.kill("SIGINT");
        const [code] = (await closed) as [number | null];
        return { code, log };
      };
      const ended = closed.then(() => Promise.reject(new Error(`it ended: ${log}`)));
      ended.catch(() => {});
      const line = once(createInterface({ input: child.stdout }), "line");
      const [text] = await within("stack that is up", Promise.race([line, ended]), START_TIMEOUT_MS);
      started = JSON.parse(String(text)) as Started;
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await stop?.();
    });

    it("publish appends an event to the stack that local runs in the folder", async () => {
      expect(await json("publish", "room-1", '{"text":"hello"}')).toMatchObject({
        offset: 1,
        duplicate: false,
      });
    });

    it("tail prints it by the real client, and ends after --count", async () => {
      expect(await json("tail", "room-1", "--last", "1", "--count", "1")).toMatchObject({
        topicId: "room-1",
        offset: 1,
        data: { text: "hello" },
      });
    });

    it("status waits until its fan-out is complete", async () => {
      expect(await json("status", "room-1", "1", "--wait")).toMatchObject({
        state: "complete",
        abandoned: 0,
      });
    });

    it("dlq redrive looks at a dead letter and leaves what it cannot decode", async () => {
      const client = new SQSClient({
        region: started.env.AWS_REGION ?? "",
        endpoint: started.env.AWS_ENDPOINT_URL_SQS ?? "",
        credentials: {
          accessKeyId: started.env.AWS_ACCESS_KEY_ID ?? "",
          secretAccessKey: started.env.AWS_SECRET_ACCESS_KEY ?? "",
        },
      });
      const letter = { QueueUrl: started.deadLetterQueueUrl, MessageBody: "not a message of the fan-out" };
      await client.send(new SendMessageCommand(letter));
      client.destroy();
      expect(await json("dlq", "redrive", "--dry-run")).toMatchObject({
        found: 1,
        malformed: 1,
        redriven: 0,
      });
      const { code, output } = await pubsub("dlq", "redrive");
      expect(output).toBe(
        [
          "       1  letters found",
          "       0  redriven, to 0 consumers",
          "       1  left: they cannot be decoded",
          "",
        ].join("\n"),
      );
      expect(code).toBe(0);
    });

    it("verify checks the stack", async () => {
      const { code, output } = await pubsub("verify", "--only", "handshake,partial-batches");
      expect(output).toMatch(/\n2 passed, 0 failed, 0 skipped \(local\)\n$/);
      expect(code).toBe(0);
    });

    it("local stops on SIGINT, and the other commands then say where they looked", async () => {
      const { code: stopped, log } = await stop();
      expect(stopped).toBe(0);
      // The first stack of a new machine downloads DynamoDB Local
      expect(log).toMatch(/^(\[dynamodb\] Fetching .*\n)?$/);
      const { code, output } = await pubsub("publish", "room-1", "hello");
      expect(output).toContain(`a local stack    ${join(folder, ".local/env")}: no such file`);
      expect(code).toBe(1);
    });
  });
}
