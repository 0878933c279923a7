import { type Check, fails, skipped, verdict } from "../check.ts";
import { describeError } from "../context.ts";
import { HandshakeRefused } from "../socket.ts";

const CONNECTED = { messages: 4, invocations: 3, writeUnits: 4, readUnits: 4 };
const SUBPROTOCOL = "pubsub-verify";

export const connectionChecks: readonly Check[] = [
  {
    id: "handshake",
    what: "a client connects and subscribes",
    expected: "101, then SUBSCRIBED with the topic's position",
    usage: CONNECTED,
    async run({ connect, newTopic }) {
      const topicId = newTopic();
      const socket = await connect().catch((error: unknown) => {
        if (error instanceof HandshakeRefused) return error;
        throw error;
      });
      if (socket instanceof HandshakeRefused) return fails(socket.message);
      const answer = await socket.request({ action: "SUBSCRIBE", topicId });
      const { type, epoch, offset } = answer;
      const isPosition = typeof epoch === "string" && offset === 0;
      return verdict(
        type === "SUBSCRIBED" && isPosition,
        type === "SUBSCRIBED" ? `SUBSCRIBED at offset ${String(offset)}` : describeError(answer),
      );
    },
  },
  {
    id: "ping",
    what: "a PING without positions is answered",
    expected: "PONG",
    usage: CONNECTED,
    async run({ connect }) {
      const socket = await connect();
      const answer = await socket.request({ action: "PING" });
      return verdict(answer.type === "PONG", answer.type === "PONG" ? "PONG" : describeError(answer));
    },
  },
  {
    id: "subprotocol",
    what: "the handshake of a client that offers a subprotocol",
    // Browsers refuse a handshake without the header: https://datatracker.ietf.org/doc/html/rfc6455#section-4.1
    expected: "the stage's $connect handler chooses one, and the response names it",
    usage: CONNECTED,
    async run({ connect }) {
      try {
        const { protocol } = await connect([SUBPROTOCOL]);
        return verdict(protocol === SUBPROTOCOL, `the response names ${JSON.stringify(protocol)}`);
      } catch (error) {
        if (!(error instanceof HandshakeRefused) || !/subprotocol/i.test(error.message)) throw error;
        return skipped("the stage's $connect handler does not choose the subprotocol that the client offers");
      }
    },
  },
];
