/** Lambda freezes a process between two invocations. What happens to its connections meanwhile, it does not notice. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { within } from "../../support/eventually.ts";
import { answerOf, type RawServer, startRawServer } from "../../support/raw-server.ts";

/** A little longer than a connection may be idle. */
const FROZEN_MS = 4_500;

interface Caller {
  call(): Promise<unknown>;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
}

async function startCaller({ port }: RawServer, transport: string): Promise<Caller> {
  const child = fork(fileURLToPath(new URL("../../support/calling-process.ts", import.meta.url)), {
    execArgv: ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning"],
    env: {
      PATH: process.env.PATH,
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}`,
      PUBSUB_TRANSPORT: transport,
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await within("start of the process", once(child, "message"));
  return {
    async call() {
      const ended = once(child, "message");
      child.send("call");
      const [end] = await within("end of the call", ended);
      return end;
    },
    signal: (name) => void child.kill(name),
  };
}

it.each(["direct", "sdk"])(
  "sends no request on connections that were idle during a freeze, over the %s transport",
  async (transport) => {
    let forgotten = 0;
    const server = await startRawServer({
      onRequest({ connection, answer }) {
        if (connection >= forgotten) answer(answerOf("{}"));
      },
    });
    const { call, signal } = await startCaller(server, transport);
    const done = { got: true, posted: { outcome: "delivered" } };
    // The SDK makes the first DynamoDB call, so that both it and the direct path have a connection afterwards
    for (let calls = 0; calls < 2; calls++) expect(await call()).toMatchObject(done);
    const before = server.requests.length;
    signal("SIGSTOP");
    // From now on the other side does not answer on these connections, and does not close them either
    forgotten = server.sockets.length;
    await sleep(FROZEN_MS);
    signal("SIGCONT");
    expect(await call()).toMatchObject(done);
    const connections = server.requests.slice(before).map(({ connection }) => connection);
    expect(connections).toHaveLength(2);
    expect(Math.min(...connections)).toBeGreaterThanOrEqual(forgotten);
  },
);
