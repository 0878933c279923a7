import { setTimeout as delay } from "node:timers/promises";
import { type LocalStack, subtractUsage, type Usage } from "lambda-websocket-pubsub-local";

const QUIET_MS = 400;

/** Resolves when nothing is metered any more but the time that connections are open. */
export async function untilQuiet(stack: LocalStack): Promise<Usage> {
  let last = stack.usage();
  for (;;) {
    await delay(QUIET_MS);
    const now = stack.usage();
    if (stack.stats().queue.inFlight === 0 && isSameWork(last, now)) return now;
    last = now;
  }
}

function isSameWork(one: Usage, other: Usage): boolean {
  const { apiGateway, sqs, dynamodb, lambda } = subtractUsage(other, one);
  return [apiGateway.messages, sqs.requests, ...Object.values(dynamodb), ...Object.values(lambda)].every(
    (units) => units === 0,
  );
}
