import { afterAll, expect, it } from "vitest";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { functionsPostingTo, type Sink, startSink } from "../support/sink.ts";
import { killWorkerMidPage, WORKER_DEATH_TIMING } from "../support/worker-death.ts";

let sink: Sink;
const local = stackForFile(async () => {
  sink = await startSink();
  const functions = { fanout: functionPath("fanout-pages-of-500") };
  return { ...WORKER_DEATH_TIMING, functions, functionEnv: functionsPostingTo(sink) };
});
afterAll(() => sink.stop());

it("repeats at most one page of four when a worker is killed in the middle of a page of 500", async () => {
  await killWorkerMidPage(local, sink, 500);
  expect(local.stack.stats().queue.failedBatches).toBe(1);
});
