import { describe, expect, it } from "vitest";
import { readBatchResponse } from "../../packages/local/src/event-source-mapping/batch-response.ts";

describe("the response", () => {
  const ids = new Set(["a", "b"]);
  const failed = (response: unknown): string[] | "invalid" => {
    const verdict = readBatchResponse(response, ids);
    return verdict.kind === "invalid" ? "invalid" : [...verdict.failedIds];
  };

  it.each([[null], [undefined], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
    "deletes the whole batch for the response %j",
    (response) => expect(failed(response)).toEqual([]),
  );

  it.each([
    ["done"],
    [[]],
    [{ batchItemFailures: "a" }],
    [{ batchItemFailures: ["a"] }],
    [{ batchItemFailures: [{ itemIdentifier: "" }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ messageId: "a" }] }],
    [{ batchItemFailures: [{ itemIdentifier: "a" }, { itemIdentifier: "z" }] }],
  ])("fails the whole batch: %j", (response) => expect(failed(response)).toBe("invalid"));

  it("returns the id of each failed message once", () => {
    const item = { itemIdentifier: "b" };
    expect(failed({ batchItemFailures: [item, item] })).toEqual(["b"]);
  });
});
