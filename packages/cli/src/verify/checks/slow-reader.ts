import { type Answer, describeAnswer } from "../aws/poster.ts";
import { type Check, fails, verdict } from "../check.ts";

/** Larger than what the operating systems on the way hold back together. */
const POSTS_MAX = 400;
const BODY = "x".repeat(131_072);

export const slowReaderChecks: readonly Check[] = [
  {
    id: "slow-reader",
    what: "posts to a client that does not read",
    // https://docs.aws.amazon.com/apigatewaymanagementapi/latest/developerguide/API_PostToConnection.html
    expected: "429 LimitExceededException when its buffer is full, and only for that client",
    usage: { messages: 4 * POSTS_MAX, invocations: 6, writeUnits: 12, readUnits: 12 },
    async run(context) {
      const { socket, consumer } = await context.subscriber();
      const { consumer: other } = await context.subscriber();
      const poster = await context.posterTo(consumer);
      socket.stopReading();
      let refused: Answer | undefined;
      let posts = 0;
      while (!refused && posts < POSTS_MAX) {
        posts += 1;
        const answer = await poster.post(consumer.connectionId, BODY, context.signal);
        if (answer.status !== 200) refused = answer;
      }
      if (!refused) return fails(`200 for all of ${posts} posts of 128 KB`);
      const beside = await poster.post(other.connectionId, "x", context.signal);
      const isRight =
        refused.status === 429 && refused.errorType === "LimitExceededException" && beside.status === 200;
      return verdict(
        isRight,
        `${describeAnswer(refused)} after ${posts - 1} posts of 128 KB; another client: ${describeAnswer(beside)}`,
      );
    },
  },
];
