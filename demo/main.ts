import { randomUUID } from "node:crypto";
import { SingleBar } from "cli-progress";
import { publishToTopic } from "lambda-websocket-pubsub";
import { type DemoOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { type DemoStack, findOrStartStack } from "./stack.ts";
import { connectSubscriber, inParallel, type Subscriber } from "./subscriber.ts";
import { createTally, type DemoResult, type Tally } from "./tally.ts";

const CONNECTS_AT_ONCE = 50;
/** How long nothing may arrive before what is missing counts as lost. */
const SILENCE_MS = 20_000;
/** How long to listen for duplicates once everything has arrived. */
const AFTERMATH_MS = 500;

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else process.exitCode = report(await demo(options), options);
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function demo(options: DemoOptions): Promise<DemoResult> {
  const stack = await findOrStartStack();
  try {
    // The library's AWS clients take their settings from the environment, as they do in a Lambda
    Object.assign(process.env, stack.env);
    return await run(options, stack);
  } finally {
    await stack.stop();
  }
}

async function run({ subscribers: count, messages }: DemoOptions, stack: DemoStack): Promise<DemoResult> {
  const topicId = `demo-${randomUUID()}`;
  const tally = createTally(count, messages);
  const subscribers: Subscriber[] = [];
  const connecting = progress("connecting", count);
  await inParallel(count, CONNECTS_AT_ONCE, async (index) => {
    const onData = (text: string): void => {
      const { message, publishedAtMs } = JSON.parse(text) as { message: number; publishedAtMs: number };
      tally.arrived(index, message, performance.now() - publishedAtMs);
    };
    subscribers.push(await connectSubscriber(stack.websocketUrl, topicId, onData));
    connecting.increment();
  });
  connecting.stop();
  const delivering = progress("delivering", count * messages);
  await publishAll(topicId, messages, stack);
  await untilQuiet(tally, count * messages, () => delivering.update(tally.delivered));
  delivering.stop();
  await inParallel(subscribers.length, CONNECTS_AT_ONCE, async (index) => subscribers[index]?.close());
  return tally.result();
}

async function publishAll(topicId: string, messages: number, { env }: DemoStack): Promise<void> {
  const config = { dynamodbTableName: env.PUBSUB_TABLE_NAME ?? "", fanoutQueueUrl: env.PUBSUB_QUEUE_URL };
  for (let message = 0; message < messages; message++) {
    await publishToTopic({ topicId, data: { message, publishedAtMs: performance.now() }, config });
  }
}

/** Ends when everything is there and no duplicate follows, or when nothing has come for long. */
async function untilQuiet(tally: Tally, expected: number, onProgress: () => void): Promise<void> {
  let last = { delivered: -1, atMs: 0 };
  for (;;) {
    if (tally.delivered !== last.delivered) last = { delivered: tally.delivered, atMs: performance.now() };
    const patienceMs = last.delivered >= expected ? AFTERMATH_MS : SILENCE_MS;
    if (performance.now() - last.atMs > patienceMs) return;
    onProgress();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Draws on a terminal's standard error, and nothing in a pipe. */
function progress(label: string, total: number): SingleBar {
  const format = `${label.padEnd(10)} {bar} {value}/{total} {eta_formatted} left`;
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  bar.start(total, 0);
  return bar;
}

/** The exit code says whether anything was lost. */
function report(result: DemoResult, { json }: DemoOptions): number {
  if (json) console.log(JSON.stringify(result));
  else console.table(result);
  return result.lost === 0 ? 0 : 1;
}
