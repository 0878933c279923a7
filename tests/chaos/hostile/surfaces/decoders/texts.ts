import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { decodeFrame } from "../../../../../packages/client/src/decode-frame.ts";
import { parseConsumerKey } from "../../../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import {
  consumerId,
  extractConsumerFromApiGatewayEvent,
} from "../../../../../packages/pubsub/src/core/consumer.ts";
import { isPubsubError } from "../../../../../packages/pubsub/src/core/errors.ts";
import { decodeFanoutMessage } from "../../../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { encodeFanoutMessage } from "../../../../../packages/pubsub/src/core/fanout/message.ts";
import { idProblem } from "../../../../../packages/pubsub/src/core/ids.ts";
import { decodeClientFrame } from "../../../../../packages/pubsub/src/core/protocol.ts";
import { parseTraceHeader } from "../../../../../packages/pubsub/src/observe/trace-header.ts";
import { corpus } from "../../corpus.ts";
import { awkwardText } from "../../inputs/awkward.ts";
import { frameText, topicId } from "../../inputs/frames.ts";
import { mangled } from "../../inputs/mangled.ts";
import { messageText } from "../../inputs/messages.ts";
import { mutated } from "../../inputs/mutated.ts";
import { kindOfEvent } from "../../oracles/event-oracle.ts";
import { isClientFrame, isId } from "../../oracles/frame-oracle.ts";
import { isFanoutMessage } from "../../oracles/message-oracle.ts";
import { isServerFrame } from "../../oracles/server-frame-oracle.ts";
import { agree, type Decoder, holds } from "./decoder.ts";

const TRACE_HEADERS = [
  "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
  "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a87bd80c:1|68fd508a:5",
];
const CONSUMER_IDS = ["a.example/$default/L0SM9cOFvHcCIhw=", "a.example/$default/a/b="];
const NONCE = "1-2-3-4";
const serverFrames: fc.Arbitrary<object> = fc.constantFrom(
  ...corpus.frames.flatMap((text) => (text.startsWith("{") ? [JSON.parse(text) as object] : [])),
);
/** What somebody publishes who knows everything about a frame but its nonce. */
const forged = ([frame, nonce]: [object, string]): object => ({ ...frame, nonce });
const asText = (values: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  values.map((value) => JSON.stringify(value) ?? "null");

/** The decoders of texts, compared with oracles that share no code with them. */
export const textDecoders: Readonly<Record<string, Decoder>> = {
  "client frame": {
    inputs: frameText,
    decode: (text) => agree(decodeClientFrame(text).ok, isClientFrame(text)),
  },
  "server frame, in the client": {
    inputs: fc.oneof(
      { weight: 3, arbitrary: asText(mangled(serverFrames.map((frame) => ({ ...frame, nonce: NONCE })))) },
      { weight: 2, arbitrary: asText(mangled(fc.tuple(serverFrames, awkwardText).map(forged))) },
      { weight: 2, arbitrary: mutated(corpus.frames) },
    ),
    decode(text) {
      const frame = decodeFrame(text, NONCE);
      const isOurs = typeof frame !== "string" && frame.type !== "GATEWAY_ERROR";
      return agree(isOurs, isServerFrame(text, NONCE));
    },
  },
  "fan-out message": {
    inputs: messageText,
    decode(text) {
      const decoded = decodeFanoutMessage(text);
      if (decoded.ok) {
        const again = decodeFanoutMessage(encodeFanoutMessage(decoded.message));
        holds(
          "encoding and decoding it again must give the same message",
          again.ok && isDeepStrictEqual(again.message, decoded.message),
        );
      }
      return agree(decoded.ok, isFanoutMessage(text));
    },
  },
  "trace header": {
    inputs: fc.oneof(fc.constantFrom(...TRACE_HEADERS), mutated(TRACE_HEADERS, [])),
    decode(text) {
      const header = parseTraceHeader(text);
      const shown = header && `Root=${header.traceId}`;
      holds(
        "trace id or parent id",
        header === undefined || (text.includes(String(shown)) && header.parentId !== ""),
      );
      return header !== undefined;
    },
  },
  id: { inputs: topicId, decode: (text) => agree(idProblem("id", text) === undefined, isId(text)) },
  "consumer id": {
    inputs: fc.oneof(fc.constantFrom(...CONSUMER_IDS), mutated(CONSUMER_IDS, [])),
    decode(text) {
      const consumer = parseConsumerKey(`consumer#${text}`);
      holds("consumer id", !consumer || consumerId(consumer) === text);
      return consumer !== undefined;
    },
  },
  "API Gateway event": {
    inputs: asText(mangled(fc.oneof(fc.constantFrom<unknown>(...corpus.events), awkwardText))),
    decode(text) {
      const event = parse(text);
      try {
        extractConsumerFromApiGatewayEvent({ event: event as never });
      } catch (error) {
        if (!isPubsubError(error, "INVALID_ARGUMENT")) throw error;
        return agree(false, kindOfEvent(event) !== "no-event");
      }
      return agree(true, kindOfEvent(event) !== "no-event");
    },
  },
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
