import { disconnect, revoke, subscribeToTopic } from "lambda-websocket-pubsub";
import { consumerOf } from "../../support/samples.ts";
import type { Call } from "./dynamodb-requests.ts";
import { recorded, withPosts } from "./library-calls.ts";

/** Puts out users and connections: of one topic, so many that they are removed in a batch, and for good. */
export const operatorCalls = (): Promise<Call[]> =>
  withPosts((managementEndpoint) =>
    recorded({ managementEndpoint }, async (config) => {
      const [one, two] = [consumerOf("one"), consumerOf("two")];
      for (const topicId of ["room", "hall", "yard"]) {
        for (const consumer of [one, two])
          await subscribeToTopic({ topicId, consumer, userId: "ada", config });
      }
      return async () => {
        await revoke({ userId: "ada", topicId: "room", config });
        await revoke({ consumer: one, config });
        await disconnect({ consumer: one, config });
        const { closed } = await disconnect({ userId: "ada", reason: "closed", config });
        if (closed !== 1) throw new Error(`${closed} connections were closed, and not the one that was left`);
      };
    }),
  );
