/** `npm run demo` and `npm run life`, as they are typed, where no stack runs. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, within } from "../support/eventually.ts";
import {
  familyOf,
  linkedRepository,
  outcome,
  type Running,
  run,
  stillRunning,
} from "../support/repository-copy.ts";

let repository: Awaited<ReturnType<typeof linkedRepository>>;
beforeAll(async () => {
  repository = await linkedRepository();
});
afterAll(() => repository.remove());

/** Some shells have an AWS profile that does not resolve, so the test sets one. */
const npmRun = (...args: string[]): Running =>
  run(repository.dir, "env", "AWS_PROFILE=no-such-profile", "npm", "run", "-s", ...args);

describe("npm run demo", () => {
  it("prints a table and explains its latencies", async () => {
    const demo = await outcome(npmRun("demo", "--", "--subscribers", "3", "--messages", "2"));
    expect(demo).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/delivered +│ 6 .*p50Ms and p99Ms: from the call of publishToTopic/s),
      stderr: expect.stringContaining("Starts a local stack: .local/env names no running stack\n"),
    });
  });

  it("exits with 130 and leaves no process running when it is interrupted", async () => {
    const demo = npmRun("demo");
    await within("a demo that starts", once(demo.child.stderr ?? demo.stdout, "data"));
    const family = await familyOf(demo.child.pid ?? 0);
    demo.interrupt();
    expect(await outcome(demo)).toMatchObject({ code: 130 });
    await eventually(async () => expect(await stillRunning(family.map(({ pid }) => pid))).toEqual([]));
  });
});

describe("npm run life", () => {
  it("prints lines that account for all three consumers, redelivery included", async () => {
    const { code, stdout } = await outcome(npmRun("life"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/producer +publication-accepted .*fanout +redelivery-queued /s);
    const delivered = [...stdout.matchAll(/ unit-completed .* delivered=(\d+) /g)];
    expect(delivered.length).toBeGreaterThan(1);
    expect(delivered.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(3);
  });

  it("rejects an unknown option", async () => {
    const { code, stderr } = await outcome(npmRun("life", "--", "--jason"));
    expect(code).toBe(1);
    expect(stderr).toContain("'--jason'");
  });
});
