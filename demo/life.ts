/**
 * `npm run life`: the life of one publication, from the functions' real logs on a local stack: accepted, delivered,
 * tried again for the one consumer that failed, delivered to that one too.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { getPublicationStatus, type PublishResult } from "lambda-websocket-pubsub";
import { type LocalStack, startLocal } from "lambda-websocket-pubsub-local";
import { describeLine, type LifeLine, linesAbout } from "./life-lines.ts";
import { connectSubscriber } from "./subscriber.ts";

const SUBSCRIBERS = 3;
/** More than the worker's short retries, so that the consumer has to be redelivered to. */
const FAILURES = 3;
const PATIENCE_MS = 30_000;

const log: string[] = [];
const stack = await startLocal({ onLog: (line) => log.push(line) });
try {
  Object.assign(process.env, stack.env);
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
  const { publicationId, epoch, offset } = await publishInFunction(local, topicId);
  const { dynamodbTableName } = local;
  const deadlineMs = Date.now() + PATIENCE_MS;
  const status = async (): Promise<string> => {
    return (await getPublicationStatus({ topicId, epoch, offset, config: { dynamodbTableName } })).state;
  };
  while ((await status()) !== "complete") {
    if (Date.now() > deadlineMs) throw new Error(`the publication is not complete after ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return linesAbout(log, publicationId);
}

/** Publishes in a process that looks like a Lambda function, so that the library logs as it does there. */
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
    else log.push(line);
  }
  if (!result) throw new Error("the producer's function did not publish");
  return result;
}

function show(lines: readonly LifeLine[]): void {
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ publicationId: lines[0]?.publicationId, lines }));
    return;
  }
  console.log(`publicationId ${lines[0]?.publicationId}\n`);
  for (const line of lines) console.log(describeLine(line));
}
