import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { publishToTopic } from "lambda-websocket-pubsub";
import { managementEndpointOf, signingRegion } from "../aws/management-endpoint.ts";
import { describeAnswer } from "../aws/poster.ts";
import { sign } from "../aws/sign.ts";
import { type Check, fails, type Outcome, skipped, verdict } from "../check.ts";
import type { Subscriber, VerifyContext } from "../context.ts";
import { waitFor } from "../wait.ts";
import { type RecordedRequest, record } from "./recorder.ts";

const POSTED = { messages: 8, invocations: 3, writeUnits: 10, readUnits: 8 };
const ARRIVES_WITHIN_MS = 30_000;
const POSTS = 10;

export const requestChecks: readonly Check[] = [
  {
    id: "request-line",
    what: "the direct path's request line beside the SDK's",
    expected: "the SDK's request line, or one that the endpoint accepts as well",
    usage: POSTED,
    async run(context) {
      const { direct, sdk, subscriber } = await recordBoth(context);
      if (!direct) return NO_DIRECT_PATH;
      if (direct.line === sdk.line) return verdict(true, `both ${withoutId(direct.line)}`);
      const saw = `${withoutId(direct.line)} beside the SDK's ${withoutId(sdk.line)}`;
      if (decoded(direct.line) !== decoded(sdk.line)) return fails(saw);
      const answer = await sendAgain(context, subscriber, direct);
      return verdict(
        answer.status === 200,
        `${saw}; the endpoint answered the first with ${describeAnswer(answer)}`,
      );
    },
  },
  {
    id: "signature",
    what: "the direct path's signature beside that of the SDK's signer",
    expected: "the same signature over the same request, as both make it",
    usage: POSTED,
    async run(context) {
      const { direct, sdk, signing } = await recordBoth(context);
      if (!direct) return NO_DIRECT_PATH;
      const saw: string[] = [];
      for (const [name, request] of [
        ["direct", direct],
        ["SDK", sdk],
      ] as const) {
        const again = await sign(signing, request.signable);
        const isSame = again.authorization === request.headers.authorization;
        saw.push(`${name}: ${isSame ? "the same" : "another signature"}`);
      }
      return verdict(!saw.some((each) => each.includes("another")), saw.join("; "));
    },
  },
  {
    id: "sdk-post",
    what: "a post by the SDK's client is accepted and arrives",
    expected: "200, and the message",
    usage: POSTED,
    async run(context) {
      const subscriber = await context.subscriber();
      const { signing, endpoint } = await signingFor(context, subscriber);
      await postBySdk(endpoint, signing, subscriber, "by the SDK");
      return arrival(context, subscriber, "by the SDK");
    },
  },
  {
    id: "direct-post",
    what: "the direct path's request is accepted by the endpoint and arrives",
    expected: "200, and the message",
    usage: POSTED,
    async run(context) {
      const { direct, subscriber } = await recordBoth(context);
      if (!direct) return NO_DIRECT_PATH;
      const answer = await sendAgain(context, subscriber, direct);
      if (answer.status !== 200) return fails(`${describeAnswer(answer)}${hint(answer.body)}`);
      return arrival(context, subscriber, direct.body.toString());
    },
  },
  {
    id: "keep-alive",
    what: `${POSTS} posts, one after the other`,
    // API Gateway closes a connection now and then
    expected: "200 for each, most of them over a connection that is open already",
    usage: { ...POSTED, messages: POSTS + 4 },
    async run(context) {
      const { consumer } = await context.subscriber();
      const poster = await context.posterTo(consumer);
      let reused = 0;
      for (let post = 0; post < POSTS; post++) {
        const answer = await poster.post(consumer.connectionId, String(post), context.signal);
        if (answer.status !== 200) return fails(describeAnswer(answer) + hint(answer.body));
        if (answer.reusedSocket) reused += 1;
      }
      return verdict(reused > POSTS / 2, `200 for each; ${reused} over a connection that was open`);
    },
  },
];

const NO_DIRECT_PATH: Outcome = skipped("PUBSUB_TRANSPORT=sdk turns the direct path off in this process");

interface Recorded {
  subscriber: Subscriber;
  signing: Awaited<ReturnType<typeof signingFor>>["signing"];
  /** Undefined if the environment turns the direct path off. */
  direct: RecordedRequest | undefined;
  sdk: RecordedRequest;
}

/** Has the library and the SDK post to the same connection, at a recorder that stands in for the endpoint. */
async function recordBoth(context: VerifyContext): Promise<Recorded> {
  const subscriber = await context.subscriber();
  const { topicId } = subscriber;
  const { endpoint, configured } = await signingFor(context, subscriber);
  // The recorder's host names no region, so both sign for that of the settings
  const signing = configured;
  const path = new URL(endpoint).pathname;
  const direct =
    process.env.PUBSUB_TRANSPORT === "sdk"
      ? undefined
      : await record(path, async (managementEndpoint) => {
          const config = { ...context.inProcessConfig, managementEndpoint };
          await publishToTopic({ topicId, data: "recorded", config });
        });
  const sdk = await record(path, (recorder) => postBySdk(recorder, signing, subscriber, "recorded"));
  return { subscriber, signing, direct, sdk };
}

async function signingFor(context: VerifyContext, { consumer }: Subscriber) {
  const endpoint = managementEndpointOf(context.target, consumer);
  const { credentials } = context.clients.dynamodb.config;
  const configured = { region: await context.clients.region(), credentials };
  const region = await signingRegion(endpoint, context.clients.region);
  return { endpoint, configured, signing: { region, credentials } };
}

async function postBySdk(
  endpoint: string,
  signing: { region: string; credentials: VerifyContext["clients"]["dynamodb"]["config"]["credentials"] },
  { consumer }: Subscriber,
  text: string,
): Promise<void> {
  const client = new ApiGatewayManagementApiClient({ endpoint, ...signing, maxAttempts: 1 });
  try {
    await client.send(
      new PostToConnectionCommand({ ConnectionId: consumer.connectionId, Data: Buffer.from(text) }),
    );
  } finally {
    client.destroy();
  }
}

/** Sends the direct path's request to the real endpoint: the same path and headers, signed for that host. */
async function sendAgain(context: VerifyContext, { consumer }: Subscriber, request: RecordedRequest) {
  const poster = await context.posterTo(consumer);
  const { "content-type": contentType = "application/octet-stream" } = request.headers;
  return poster.send(request.signable.path, { "content-type": contentType }, request.body, context.signal);
}

async function arrival({ signal }: VerifyContext, { socket }: Subscriber, text: string): Promise<Outcome> {
  const arrived = await waitFor({ signal, withinMs: ARRIVES_WITHIN_MS }, () =>
    socket.received.includes(text) ? true : undefined,
  );
  return verdict(arrived === true, arrived ? "200, and it arrived" : "200, but it did not arrive");
}

const withoutId = (line: string): string => line.replace(/(@|%40)connections\/\S+/, "$1connections/{id}");

function decoded(line: string): string {
  try {
    return decodeURIComponent(line);
  } catch {
    return line;
  }
}

/** API Gateway explains a refused signature in the body, without anything secret. */
function hint(body: string): string {
  const [, message = ""] = /"message"\s*:\s*"([^"]{1,200})/i.exec(body) ?? [];
  return message === "" ? "" : `: ${message}`;
}
