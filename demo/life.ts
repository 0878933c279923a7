/**
 * `npm run life` prints the life of one publication from the functions' real logs on a local stack: it is accepted,
 * delivered, and redelivered to the one consumer whose posts failed. `--json` prints one JSON object.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { PublishResult } from "lambda-websocket-pubsub";
import { type LocalStack, startLocal } from "lambda-websocket-pubsub-local";
import { printable, printableJson } from "../packages/cli/src/printable.ts";
import { describeLine, type LifeLine } from "./life-lines.ts";
import { createLifeLog } from "./life-log.ts";
import { setEnvironment } from "./stack.ts";
import { connectSubscriber } from "./subscriber.ts";

const SUBSCRIBERS = 3;
/** More than the worker's short retries, so that the consumer needs a redelivery. */
const FAILURES = 3;
const PATIENCE_MS = 60_000;

const { json } = parseArgs({ options: { json: { type: "boolean", default: false } } }).values;
const log = createLifeLog();
const stack = await startLocal({ onLog: log.add });
try {
  setEnvironment(stack);
  show(await live(stack));
} finally {
  await stack.stop();
}

async function live(local: LocalStack): Promise<LifeLine[]> {
  const topicId = `life-${randomUUID()}`;
  let failing: string | undefined;
  await Promise.all(
    Array.from({ length: SUBSCRIBERS }, () => connectSubscriber(local.websocketUrl, topicId, () => {})),
  );
  local.faults.post({
    match({ connectionId }) {
      failing ??= connectionId;
      return connectionId === failing;
    },
    times: FAILURES,
    answer: { status: 500 },
  });
  const { publicationId } = await publishInFunction(local, topicId);
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  return log.wholeLife(publicationId, SUBSCRIBERS, timeout).catch((cause: unknown) => {
    throw new Error(`the functions did not log the whole life of the publication within ${PATIENCE_MS} ms`, {
      cause,
    });
  });
}

/** Publishes in a process that looks like a Lambda function, so that the library logs as it does on Lambda. */
async function publishInFunction(local: LocalStack, topicId: string): Promise<PublishResult> {
  const script = fileURLToPath(new URL("./life-publisher.ts", import.meta.url));
  const env = {
    ...process.env,
    ...local.env,
    AWS_LAMBDA_FUNCTION_NAME: "producer",
    POWERTOOLS_SERVICE_NAME: "producer",
  };
  const child = spawn(process.execPath, ["--conditions=pubsub-source", script, topicId], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let result: PublishResult | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"published"'))
      result = (JSON.parse(line) as { published: PublishResult }).published;
    else log.add(line);
  }
  if (!result) throw new Error("the producer's function did not publish");
  return result;
}

function show(lines: readonly LifeLine[]): void {
  if (json) {
    console.log(printableJson({ publicationId: lines[0]?.publicationId, lines }));
    return;
  }
  console.log(`publicationId ${printable(String(lines[0]?.publicationId))}\n`);
  for (const line of lines) console.log(describeLine(line));
}
