import { fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { isRunning, processGone } from "./fixtures/process-gone.ts";
import { answerTo, childPids, connect, fixture, start } from "./start-local-support.ts";

describe("the stack", () => {
  it("delivers a frame through all of its parts, then stops and leaves nothing behind", async () => {
    const childrenBefore = await childPids();
    const problems: string[] = [];
    const stack = await start({
      tableName: "through",
      functionEnv: { EXTRA: "yes" },
      onLog: (line, source) => {
        if (source.kind === "function" || source.level !== "info") problems.push(line);
      },
    });
    const socket = await connect(stack);
    expect(await answerTo(socket, "hello")).toEqual({ data: "hello", table: "through", extra: "yes" });
    expect(stack.stats()).toMatchObject({
      websocket: { invocations: 2, coldStarts: 1, crashes: 0 },
      fanout: { invocations: 1, coldStarts: 1 },
      queue: { batches: 1, messages: 1, failedBatches: 0 },
    });
    const { workers } = stack.faults;
    const workerPids = [...workers.pids("websocket"), ...workers.pids("fanout")];
    expect(workerPids).toHaveLength(2);
    expect(await childPids()).toEqual(expect.arrayContaining(workerPids));
    expect(await childPids()).toHaveLength(childrenBefore.length + 3); // the third is the JVM

    const closed = once(socket, "close");
    await Promise.all([stack.stop(), stack.stop()]);
    await closed;
    expect(await childPids()).toEqual(childrenBefore);
    for (const url of [stack.websocketUrl, stack.dynamodbEndpoint, stack.fanoutQueueUrl]) {
      await expect(fetch(url.replace("ws:", "http:"))).rejects.toThrow("fetch failed");
    }
    expect(problems).toEqual([]);
  });

  it("has an environment with which a producer can publish", async () => {
    const stack = await start({ region: "eu-west-1", tableName: "named" });
    expect(stack.env).toEqual({
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbEndpoint,
      AWS_ENDPOINT_URL_SQS: new URL(stack.fanoutQueueUrl).origin,
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: stack.managementEndpoint,
      AWS_ENDPOINT_URL_LAMBDA: expect.stringMatching(/^http:/),
      PUBSUB_TABLE_NAME: "named",
      PUBSUB_QUEUE_URL: stack.fanoutQueueUrl,
      AWS_PROFILE: "",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      PUBSUB_LOCAL_CREDENTIALS: `${localCredentials.accessKeyId}:${localCredentials.secretAccessKey}`,
      PUBSUB_LOCAL_STACK_ID: stack.id,
    });
    for (const url of Object.values(stack.env).filter((value) => /^\w+:\/\//.test(value))) {
      expect(new URL(url).hostname).toBe("127.0.0.1");
    }

    // A second stack uses the same JVM and leaves it running
    const guest = await start({ dynamodbEndpoint: stack.dynamodbEndpoint, tableName: "guest" });
    const socket = await connect(guest);
    expect(await answerTo(socket, "hi")).toMatchObject({ table: "guest" });
    await guest.stop();
    expect((await fetch(stack.dynamodbEndpoint)).status).toBe(400);

    // The stack does not use a table that already exists
    const again = start({ dynamodbEndpoint: stack.dynamodbEndpoint, tableName: "guest" });
    await expect(again).rejects.toMatchObject({
      code: "TABLE_EXISTS",
      message: expect.stringContaining('a table "guest" already'),
    });
  });
});

describe("when the process that started it is killed", () => {
  it("ends the JVM and the workers", async () => {
    const parent = fork(fixture("abandoned-stack.ts"), {
      execArgv: ["--conditions=pubsub-source"],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    if (!parent.stdout) throw new Error("no stdout");
    const [line] = await once(createInterface({ input: parent.stdout }), "line");
    const pids = JSON.parse(String(line)) as number[];
    expect(pids).toHaveLength(3);
    expect(pids.every(isRunning)).toBe(true);
    parent.kill("SIGKILL");
    await Promise.all(pids.map(processGone));
  });
});
