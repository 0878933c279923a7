import type { Authorize } from "../../../../packages/pubsub/src/handlers/authorize.ts";
import type { Validate } from "../../../../packages/pubsub/src/handlers/validate.ts";
import { frameSettings, handleWebsocketEvent } from "../../../../packages/pubsub/src/handlers/websocket.ts";
import { createHandlerTelemetry } from "../../../../packages/pubsub/src/observe/powertools.ts";
import { createCountedPorts, type Effects } from "../counted-ports.ts";
import { publishText } from "../inputs/publishes.ts";
import { type Due, duePublish } from "../oracles/publish-oracle.ts";
import { type Surface, type Verdict, Violation } from "../surface.ts";
import { type HandleEvent, INVALID, NO_BRAKE, pubsubOver, readErrorCode } from "./websocket.ts";

/** The hook of a careful owner: only one token publishes, to one topic. What it does with others is every kind of refusal. */
const authorize: Authorize = ({ action, topicId, token }) => {
  if (token === "throws") throw new Error("the database is down");
  if (token === "forgets") return undefined as never;
  return action === "PUBLISH" && token === "may-publish" && topicId === "room-1";
};

const validate: Validate = ({ data }) => {
  if (data === null) throw new TypeError("data is null");
  return typeof data === "object" || "the data must be an object";
};

export const shippedPublish: HandleEvent = (pubsub, event) => {
  const options = { config: pubsub.config, authorize, validate };
  return handleWebsocketEvent(pubsub, { ...frameSettings(options, pubsub), brake: NO_BRAKE }, event);
};

/**
 * PUBLISH messages to the websocket handler with ports in memory: most are invalid, or not allowed. An input is the message's
 * text.
 */
export function publishSurface(handle: HandleEvent = shippedPublish): Surface<string> {
  const telemetry = createHandlerTelemetry("all");
  const counted = createCountedPorts(telemetry.observe);
  const pubsub = pubsubOver(counted);
  const consumer = { domainName: "a.example", stage: "$default", connectionId: "a=" };

  return {
    inputs: publishText,
    show: (input) => input,
    async attempt(body) {
      const event = { requestContext: { ...consumer, eventType: "MESSAGE" }, body };
      const { statusCode } = await handle(pubsub, event);
      telemetry.end();
      return judge(duePublish(body), statusCode, counted.takeEffects());
    },
  };
}

function judge(due: Due, statusCode: number, { writes, posts }: Effects): Verdict {
  const [first] = posts;
  const error = first ? readErrorCode(first.text) : undefined;
  if (statusCode !== 200) throw new Violation(`expected status 200; got ${statusCode}`);
  if (due.outcome === "published") {
    if (error !== undefined) throw new Violation(`rejected with ${error}, but everything allows it`);
    if (posts.length !== (due.isAnswered ? 1 : 0)) throw new Violation(`got ${posts.length} responses`);
    return { accepted: true, rowsWritten: writes };
  }
  const isDue = due.outcome === "invalid" ? INVALID.has(error ?? "") : error === due.outcome;
  if (posts.length !== 1 || !isDue) {
    throw new Violation(`one ERROR ${due.outcome} is due; got ${posts.length} posts, ${error ?? "no ERROR"}`);
  }
  return { accepted: false, rowsWritten: writes };
}
