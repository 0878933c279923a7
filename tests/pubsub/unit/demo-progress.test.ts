import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type { WriteStream } from "node:tty";
import { expect, it } from "vitest";
import { withProgress } from "../../../demo/progress.ts";
import { describeFailure, describeLatency } from "../../../demo/report.ts";

const result = {
  subscribers: 5,
  messages: 4,
  expected: 20,
  delivered: 20,
  lost: 0,
  duplicates: 0,
  p50Ms: 1,
  p99Ms: 2,
};

/** Returns everything that is drawn on a terminal while `work` runs. */
async function drawn(current: () => number, work: () => Promise<void>): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
  const all = text(stream);
  await withProgress(
    { label: "delivering", total: 20, current, stream: stream as unknown as WriteStream },
    work,
  ).catch(() => {});
  stream.end();
  return all;
}

it("draws the share and the count before and after messages arrive, and no remaining time", async () => {
  let delivered = 0;
  const screen = await drawn(
    () => delivered,
    async () => {
      delivered = 20;
    },
  );
  expect(screen).toMatch(/delivering .* 0 % {2}0\/20/);
  expect(screen).toMatch(/delivering .* 100 % {2}20\/20/);
  expect(screen).not.toMatch(/NF|NULL|left/);
});

it("shows the terminal's cursor again if the work fails", async () => {
  const screen = await drawn(
    () => 3,
    async () => Promise.reject(new Error("no stack")),
  );
  expect(screen).toContain("3/20");
  const [hidden, shown] = ["\u001b[?25l", "\u001b[?25h"].map((code) => screen.lastIndexOf(code));
  expect(hidden).toBeGreaterThan(-1);
  expect(shown).toBeGreaterThan(hidden ?? Number.POSITIVE_INFINITY);
});

it.each([
  [{ lost: 0, duplicates: 0 }, undefined],
  [{ lost: 3, duplicates: 0 }, "Failed: 3 of 20 messages did not arrive"],
  [{ lost: 0, duplicates: 1 }, "Failed: 1 arrived again"],
  [{ lost: 2, duplicates: 1 }, "Failed: 2 of 20 messages did not arrive, 1 arrived again"],
])("reports %j as %s", (counts, failure) => {
  expect(describeFailure({ ...result, ...counts })).toBe(failure);
});

it("explains that latencies of messages published in one go are not those of a single message", () => {
  expect(describeLatency(result)).toMatch(/All 4 messages are published\s+in one go/);
  expect(describeLatency(result)).toContain("npm run bench -- latency");
});
