import { randomBytes } from "node:crypto";
import { type Consumer, listSubscribers } from "lambda-websocket-pubsub";
import { type Answer, describeAnswer } from "../aws/poster.ts";
import { type Check, fails, skipped, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";
import { waitFor } from "../wait.ts";

const POSTED = { messages: 6, invocations: 3, writeUnits: 6, readUnits: 8 };
const GONE_WITHIN_MS = 60_000;

export const refusalChecks: readonly Check[] = [
  {
    id: "gone",
    what: "a post to a connection that has ended",
    // https://docs.aws.amazon.com/apigatewaymanagementapi/latest/developerguide/API_PostToConnection.html
    expected: "410 GoneException, an empty body",
    usage: POSTED,
    async run(context) {
      const { socket, consumer } = await context.subscriber();
      await socket.close();
      // API Gateway accepts posts for a while after a client has left
      let last: Answer | undefined;
      const gone = await waitFor(
        { signal: context.signal, withinMs: GONE_WITHIN_MS, everyMs: 500 },
        async () => {
          last = await post(context, consumer, "late");
          return last.status === 200 ? undefined : last;
        },
      );
      if (!gone) return fails(`${last ? describeAnswer(last) : "no answer"} for a minute`);
      const isAsExpected = gone.status === 410 && gone.errorType === "GoneException" && gone.body === "";
      return verdict(isAsExpected, describeAnswer(gone));
    },
  },
  {
    id: "gone-during-connect",
    what: "a post to a connection whose $connect has not returned",
    // https://repost.aws/knowledge-center/410-gone-api-gateway
    expected: "410, although the client is about to be connected",
    usage: POSTED,
    async run(context) {
      const { connectTopic } = context.target;
      if (connectTopic === undefined) {
        return skipped(
          "only a $connect handler that subscribes lets others know the connection so early; --connect-topic names its topic",
        );
      }
      return duringConnect(context, connectTopic);
    },
  },
  {
    id: "unknown-connection",
    what: "a post to a connection id that was never given out",
    expected: "410, or 400 that names the connection id: both mean gone",
    usage: POSTED,
    async run(context) {
      const { consumer } = await context.subscriber();
      const answer = await post(
        context,
        { ...consumer, connectionId: `${randomBytes(11).toString("base64url")}=` },
        "x",
      );
      const meansGone =
        answer.status === 410 || (answer.status === 400 && /connection ?id/i.test(answer.body));
      return verdict(meansGone, describeAnswer(answer));
    },
  },
  {
    id: "wrong-stage",
    what: "a post to a stage that does not exist",
    expected: "403, or another refusal that is neither 200 nor 410",
    usage: POSTED,
    async run(context) {
      const { consumer, socket } = await context.subscriber();
      const poster = await context.posterTo(consumer);
      const path = `/no-such-stage/@connections/${encodeURIComponent(consumer.connectionId)}`;
      const headers = { "content-type": "application/octet-stream" };
      const answer = await poster.send(path, headers, Buffer.from("x"), context.signal);
      await socket.request({ action: "PING" });
      const isRefused = ![200, 410].includes(answer.status) && socket.received.length === 0;
      return verdict(isRefused, describeAnswer(answer));
    },
  },
];

async function post(context: VerifyContext, consumer: Consumer, text: string): Promise<Answer> {
  const poster = await context.posterTo(consumer);
  return poster.post(consumer.connectionId, text, context.signal);
}

/** Looks for the row that the stage's own `$connect` handler writes, and posts before the handshake is answered. */
async function duringConnect(context: VerifyContext, topicId: string) {
  const { config, signal } = context;
  const known = new Set<string>();
  for await (const { connectionId } of listSubscribers({ topicId, config })) known.add(connectionId);
  let state: "connecting" | "connected" | "refused" = "connecting";
  const connecting = context.connect();
  connecting.then(
    () => {
      state = "connected";
    },
    () => {
      state = "refused"; // `connecting` is awaited below
    },
  );
  const early = await waitFor({ signal, everyMs: 10 }, async () => {
    for await (const consumer of listSubscribers({ topicId, config })) {
      if (known.has(consumer.connectionId)) continue;
      const answer = await post(context, consumer, "early");
      return { answer, isEarly: state === "connecting" };
    }
    return state === "refused" ? { answer: undefined, isEarly: false } : undefined;
  });
  await connecting;
  if (!early?.answer) return fails(`no new subscription of topic ${topicId} within a minute`);
  if (!early.isEarly) return skipped("$connect had returned before the row was found");
  return verdict(early.answer.status === 410, describeAnswer(early.answer));
}
