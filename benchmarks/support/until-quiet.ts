import { setTimeout as delay } from "node:timers/promises";
import { type LocalStack, subtractUsage, type Usage } from "lambda-websocket-pubsub-local";

type Watched = Pick<LocalStack, "usage" | "stats">;

const QUIET_MS = 400;

/**
 * Resolves when nothing runs and nothing is metered any more but the time that connections are open. What is metered does
 * not change while a function starts or works, which takes seconds on a busy machine. So invocations in flight count too: a
 * `$disconnect` would otherwise be counted for what is measured next.
 */
export async function untilQuiet(stack: Watched, quietMs: number = QUIET_MS): Promise<Usage> {
  let last = reading(stack);
  for (;;) {
    await delay(quietMs);
    const now = reading(stack);
    if (now.inFlight === 0 && now.connections === last.connections && isSameWork(last.usage, now.usage)) {
      return now.usage;
    }
    last = now;
  }
}

function reading(stack: Watched): { usage: Usage; inFlight: number; connections: number } {
  const { gateway, ...working } = stack.stats();
  const inFlight = Object.values(working).reduce((sum, part) => sum + part.inFlight, 0);
  return { usage: stack.usage(), inFlight, connections: gateway.connections };
}

function isSameWork(one: Usage, other: Usage): boolean {
  const { apiGateway, sqs, dynamodb, lambda } = subtractUsage(other, one);
  return [apiGateway.messages, sqs.requests, ...Object.values(dynamodb), ...Object.values(lambda)].every(
    (units) => units === 0,
  );
}
