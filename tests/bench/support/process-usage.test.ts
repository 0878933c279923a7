import { fork } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { processUsage } from "./process-usage.ts";

it("reads the CPU time that the process itself reports, to a tick", () => {
  const untilMicros = process.cpuUsage().user + 100_000;
  while (process.cpuUsage().user < untilMicros) Math.sqrt(untilMicros);
  const { cpuMicros, rssBytes, rssPeakBytes } = processUsage(process.pid);
  const { user, system } = process.cpuUsage();
  expect(Math.abs(cpuMicros - user - system)).toBeLessThan(50_000);
  expect(rssBytes).toBeGreaterThan(10_000_000);
  expect(rssPeakBytes).toBeGreaterThanOrEqual(rssBytes);
});

it("throws for a process that has ended", async () => {
  const child = fork(new URL("./process-usage.ts", import.meta.url), { execArgv: [] });
  await once(child, "exit");
  expect(() => processUsage(child.pid ?? 0)).toThrow();
});
