import { afterAll, expect, it } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { functionsPostingTo, type Sink, startSink } from "../support/sink.ts";
import { killWorkerMidPage, WORKER_DEATH_TIMING } from "../support/worker-death.ts";

let sink: Sink;
const local = stackForFile(async () => {
  sink = await startSink();
  return { ...WORKER_DEATH_TIMING, functionEnv: functionsPostingTo(sink) };
});
afterAll(() => sink.stop());

it("loses no delivery, and repeats at most that page, when a worker is killed in the middle of a page of 1,000", async () => {
  await killWorkerMidPage(local, sink, 1_000);
  expect(local.stack.stats().queue.failedBatches).toBe(1);
});
