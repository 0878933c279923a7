import { randomUUID } from "node:crypto";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { publishToTopic } from "lambda-websocket-pubsub";
import { sign } from "../aws/sign.ts";
import { type Check, fails, skipped, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";
import { waitFor } from "../wait.ts";

const KILL_PATH = "/_local/fanout/kill-at-post";
const KILLED_WITHIN_MS = 60_000;
/** SQS returns a message after its visibility timeout, and then it is delivered and posted. */
const RETURNED_WITHIN_MS = 120_000;
/** The longest visibility timeout that this check waits for. */
const VISIBILITY_SECONDS_MAX = 600;

export const workerDeathChecks: readonly Check[] = [
  {
    id: "worker-death",
    what: "the message of a worker that is killed in the middle of its work",
    expected: "it returns after the visibility timeout, and its event is delivered once",
    usage: { messages: 6, invocations: 6, writeUnits: 14, readUnits: 12, sqsRequests: 6 },
    timeoutMs: KILLED_WITHIN_MS + RETURNED_WITHIN_MS + VISIBILITY_SECONDS_MAX * 1_000,
    async run(context) {
      const endpoint = process.env.AWS_ENDPOINT_URL_LAMBDA;
      if (context.target.kind === "aws") return skipped("AWS has no call that kills a worker of a function");
      if (!endpoint) return skipped("this local stack cannot kill a worker on request");
      const visibilitySeconds = await visibilityOf(context);
      if (visibilitySeconds > VISIBILITY_SECONDS_MAX) {
        return skipped(`the visibility timeout of ${visibilitySeconds} s is too long to wait for`);
      }
      const { socket, topicId, consumer } = await context.subscriber();
      await killAtPost(context, endpoint, consumer.connectionId);
      const data = randomUUID();
      const publishedAt = performance.now();
      await publishToTopic({ topicId, data, config: context.config });
      const withinMs = KILLED_WITHIN_MS + RETURNED_WITHIN_MS + visibilitySeconds * 1_000;
      const returned = await waitFor({ signal: context.signal, withinMs }, () =>
        socket.received.includes(data) ? true : undefined,
      );
      if (!returned) return fails(`it was not delivered within ${withinMs / 1_000} s`);
      const afterSeconds = Math.round((performance.now() - publishedAt) / 1_000);
      await socket.request({ action: "PING" });
      const copies = socket.received.filter((text) => text === data).length;
      return verdict(
        copies === 1,
        `delivered ${copies} time${copies > 1 ? "s" : ""}, ${afterSeconds} s after the publication; the visibility timeout is ${visibilitySeconds} s`,
      );
    },
  },
];

async function visibilityOf({ clients, target }: VerifyContext): Promise<number> {
  const input = { QueueUrl: target.queue, AttributeNames: ["VisibilityTimeout" as const] };
  const { Attributes } = await clients.sqs.send(new GetQueueAttributesCommand(input));
  return Number(Attributes?.VisibilityTimeout);
}

/** Asks the local stack to kill the worker that posts to this connection next, before the post is made. */
async function killAtPost(
  { clients, signal }: VerifyContext,
  endpoint: string,
  connectionId: string,
): Promise<void> {
  const url = new URL(KILL_PATH, endpoint);
  const signing = {
    region: await clients.region(),
    credentials: clients.dynamodb.config.credentials,
    service: "lambda",
  };
  const body = Buffer.from(connectionId);
  const request = { path: KILL_PATH, headers: { host: url.host }, body, date: new Date() };
  const { host: _, ...headers } = await sign(signing, request);
  const response = await fetch(url, { method: "POST", headers, body, signal });
  if (!response.ok)
    throw new Error(`the local stack refused to kill a worker: ${response.status} ${await response.text()}`);
}
