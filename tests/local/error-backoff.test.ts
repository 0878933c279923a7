import { expect, it } from "vitest";
import { createErrorBackoff } from "../../packages/local/src/event-source-mapping/error-backoff.ts";

it("doubles the pause with each failed batch, up to two seconds", () => {
  const backoff = createErrorBackoff();
  expect(Array.from({ length: 7 }, () => backoff.failed())).toEqual([
    100, 200, 400, 800, 1_600, 2_000, 2_000,
  ]);
});

it("begins with the shortest pause again after a batch that succeeded", () => {
  const backoff = createErrorBackoff();
  for (let failures = 0; failures < 4; failures++) backoff.failed();
  backoff.succeeded();
  expect([backoff.failed(), backoff.failed()]).toEqual([100, 200]);
});
