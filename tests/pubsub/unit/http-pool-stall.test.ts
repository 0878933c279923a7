import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import type { Exchanged } from "../../../packages/pubsub/src/aws/transport/exchange.ts";
import { createHttpPool } from "../../../packages/pubsub/src/aws/transport/http-pool.ts";
import { within } from "../../support/eventually.ts";
import { answerOf, startRawServer } from "../../support/raw-server.ts";

/** The pool sends this many requests at once to a server that has not responded yet. */
const REQUESTS = 8;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function startAnsweringThread(): Promise<{ port: number; answered: Int32Array }> {
  const answered = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const thread = new Worker(new URL("../../support/answering-thread.ts", import.meta.url), {
    workerData: answered.buffer,
  });
  onTestFinished(async () => void (await thread.terminate()));
  const [port] = (await within("port", once(thread, "message"))) as [number];
  return { port, answered };
}

// The timer fires before the event loop reads. 20 of 20 responses were in the sockets, and still 20 of 20 posts failed
it.each([
  ["maxAnswerMs of the pool", { maxAnswerMs: 400 }, undefined],
  ["giveUpAfterMs of the callers", {}, { giveUpAfterMs: 400 }],
])("reads responses that came while the process was busy for longer than %s", async (_, limits, patience) => {
  const { port, answered } = await startAnsweringThread();
  const pool = createHttpPool({ secure: false, hostname: "127.0.0.1", port }, limits);
  const ends = Array.from(
    { length: REQUESTS },
    () =>
      new Promise<Exchanged>((resolve) =>
        pool.exchange("POST / HTTP/1.1\r\n\r\n", Buffer.alloc(0), resolve, patience),
      ),
  );
  // After these turns, the pool has connected and has written the requests
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  Atomics.store(answered, 1, 1);
  Atomics.notify(answered, 1);
  for (let count = 0; count < REQUESTS; count = Atomics.load(answered, 0)) {
    expect(Atomics.wait(answered, 0, count, 20_000)).not.toBe("timed-out");
  }
  Atomics.wait(answered, 0, REQUESTS, 1_500);
  for (const end of await Promise.all(ends)) expect(end).toMatchObject({ body: "x" });
});

// Lambda stops a process in this way, also in the middle of an invocation
it("reads responses that came while the process was stopped for longer than giveUpAfterMs", async () => {
  const giveUpAfterMs = 3_000;
  const server = await startRawServer();
  const script = fileURLToPath(new URL("../../support/frozen-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, `${server.port}`, `${REQUESTS}`, `${giveUpAfterMs}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = within("end of the process", text(child.stdout));
  for (let index = 0; index < REQUESTS; index++) await within("request", server.next());
  child.kill("SIGSTOP");
  // After this pause, no earlier event can still wake the process
  await sleep(500);
  for (const { answer } of server.requests) answer(answerOf("x"));
  await sleep(giveUpAfterMs);
  child.kill("SIGCONT");
  const ends = JSON.parse(await said) as Exchanged[];
  expect(ends).toHaveLength(REQUESTS);
  for (const end of ends) expect(end).toMatchObject({ body: "x" });
});
