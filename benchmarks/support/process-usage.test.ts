import { fork } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { processUsage } from "./process-usage.ts";

const TICKS_MICROS = 50_000;

it("reads the CPU time that the process itself reports, to a few ticks", () => {
  const untilMicros = process.cpuUsage().user + 100_000;
  while (process.cpuUsage().user < untilMicros) Math.sqrt(untilMicros);
  const before = process.cpuUsage();
  const { cpuMicros, rssBytes, rssPeakBytes } = processUsage(process.pid);
  const after = process.cpuUsage();
  expect(cpuMicros).toBeGreaterThan(before.user + before.system - TICKS_MICROS);
  expect(cpuMicros).toBeLessThan(after.user + after.system + TICKS_MICROS);
  expect(rssBytes).toBeGreaterThan(10_000_000);
  expect(rssPeakBytes).toBeGreaterThanOrEqual(rssBytes);
});

it("throws for a process that has ended", async () => {
  const child = fork(new URL("./process-usage.ts", import.meta.url), { execArgv: [] });
  await once(child, "exit");
  expect(() => processUsage(child.pid ?? 0)).toThrow();
});
