import { expect, it } from "vitest";
import type { WebsocketEvent } from "../../packages/local/src/gateway/event-types.ts";
import { createIntegration } from "../../packages/local/src/gateway/integration.ts";

const event = {} as WebsocketEvent;

// Otherwise a function that was overloaded once would run invocations whose results no caller waits for any more
it("aborts the signal of an invocation at its timeout, and when the gateway stops", async () => {
  const signals: AbortSignal[] = [];
  const failures: string[] = [];
  const integration = createIntegration({
    invoke(_, { signal }) {
      signals.push(signal);
      return new Promise(() => {});
    },
    timeoutMs: 20,
    onFailure: (_, { reason }) => void failures.push(reason),
  });
  expect(await integration.invoke(event)).toEqual({ ok: false, reason: "timed out" });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  const pending = integration.invoke(event);
  expect(signals[1]?.aborted).toBe(false);
  integration.stop();
  expect(await pending).toEqual({ ok: false, reason: "stopped" });
  expect(signals[1]?.aborted).toBe(true);
  expect(failures).toEqual(["timed out"]);
});
