import { type Answer, describeAnswer } from "../aws/poster.ts";
import { type Check, fails, type Outcome, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";
import { waitFor } from "../wait.ts";

/**
 * API Gateway's limits of a frame and of a message:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
const FRAME_BYTES = 32_768;
const MESSAGE_BYTES = 131_072;
/** RFC 6455, section 7.4.1. */
const MESSAGE_TOO_BIG = 1009;
const ARRIVES_WITHIN_MS = 30_000;

const usage = { messages: 10, invocations: 3, writeUnits: 6, readUnits: 8 };

export const sizeChecks: readonly Check[] = [
  ...[FRAME_BYTES, FRAME_BYTES + 1, MESSAGE_BYTES].map(
    (bytes): Check => ({
      id: `post-${bytes}`,
      what: `a post of ${bytes} bytes`,
      expected: "200, and the client receives every byte",
      usage,
      run: (context) => acceptedPost(context, bytes),
    }),
  ),
  {
    id: `post-${MESSAGE_BYTES + 1}`,
    what: `a post of ${MESSAGE_BYTES + 1} bytes`,
    expected: "413 PayloadTooLargeException",
    usage,
    async run(context) {
      const { answer } = await postBytes(context, MESSAGE_BYTES + 1);
      return verdict(
        answer.status === 413 && answer.errorType === "PayloadTooLargeException",
        describeAnswer(answer),
      );
    },
  },
  {
    id: `frame-${FRAME_BYTES}`,
    what: `a client's message of ${FRAME_BYTES} bytes in one frame`,
    expected: "an answer",
    usage,
    async run({ connect, signal }) {
      const socket = await connect();
      socket.send(pingOf(FRAME_BYTES));
      const ended = socket.closed.then((code) => `closed with ${code}`);
      const answered = waitFor({ signal, withinMs: ARRIVES_WITHIN_MS }, () => socket.received[0]);
      const saw = await Promise.race([answered, ended]);
      return verdict(saw?.includes("PONG") === true, saw ?? "no answer");
    },
  },
  {
    id: `frame-${FRAME_BYTES + 1}`,
    what: `a client's message of ${FRAME_BYTES + 1} bytes in one frame`,
    expected: `the connection is closed with ${MESSAGE_TOO_BIG}`,
    usage,
    async run({ connect, signal }) {
      const socket = await connect();
      socket.send(pingOf(FRAME_BYTES + 1));
      const answered = waitFor({ signal, withinMs: ARRIVES_WITHIN_MS }, () => socket.received[0]);
      const saw = await Promise.race([socket.closed, answered]);
      if (saw === MESSAGE_TOO_BIG) return verdict(true, `closed with ${saw}`);
      return fails(typeof saw === "number" ? `closed with ${saw}` : (saw ?? "neither an answer nor a close"));
    },
  },
];

async function acceptedPost(context: VerifyContext, bytes: number): Promise<Outcome> {
  const { answer, socket } = await postBytes(context, bytes);
  if (answer.status !== 200) return fails(describeAnswer(answer));
  const { signal } = context;
  const received = await waitFor({ signal, withinMs: ARRIVES_WITHIN_MS }, () => socket.received[0]);
  return verdict(received?.length === bytes, `200; ${received?.length ?? 0} bytes arrived`);
}

async function postBytes(context: VerifyContext, bytes: number) {
  const { consumer, socket } = await context.subscriber();
  const poster = await context.posterTo(consumer);
  const answer: Answer = await poster.post(consumer.connectionId, "x".repeat(bytes), context.signal);
  return { answer, socket };
}

/** A PING with spaces inside, so that it has exactly this length. */
function pingOf(bytes: number): string {
  const [start, end] = ['{"action":"PING",', '"requestId":"size"}'];
  return start + " ".repeat(bytes - start.length - end.length) + end;
}
