import { expect, it } from "vitest";
import { abortable } from "../../packages/cli/src/verify/wait.ts";

// An interrupted run asked the server once more, and ended with the unhandled rejection of that request, its rows not removed
it("rejects with the reason of an aborted signal, and handles what the promise rejects with later", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  try {
    const later = Promise.withResolvers<never>();
    const aborted = AbortSignal.abort(new Error("interrupted"));
    await expect(abortable(aborted, later.promise)).rejects.toThrow("interrupted");
    later.reject(new Error("the connection was closed"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
});
