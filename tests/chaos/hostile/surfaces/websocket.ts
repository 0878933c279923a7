import fc from "fast-check";
import { resolveConfig } from "../../../../packages/pubsub/src/config.ts";
import { createLimiter } from "../../../../packages/pubsub/src/connections/limiter.ts";
import { isPubsubError } from "../../../../packages/pubsub/src/errors.ts";
import type { WebsocketEvent } from "../../../../packages/pubsub/src/handlers/lambda-types.ts";
import { frameSettings, handleWebsocketEvent } from "../../../../packages/pubsub/src/handlers/websocket.ts";
import { createHandlerTelemetry } from "../../../../packages/pubsub/src/observe/powertools.ts";
import { createPublish } from "../../../../packages/pubsub/src/publish.ts";
import type { Pubsub } from "../../../../packages/pubsub/src/pubsub.ts";
import { corpus } from "../corpus.ts";
import { createCountedPorts, type Effects } from "../counted-ports.ts";
import { frameText } from "../inputs/frames.ts";
import { mangled } from "../inputs/mangled.ts";
import { type EventKind, kindOfEvent } from "../oracles/event-oracle.ts";
import { type Surface, type Verdict, Violation } from "../surface.ts";

/** Handles an event as API Gateway's invocation has it: whatever JSON says. */
export type HandleEvent = (pubsub: Pubsub, event: WebsocketEvent) => Promise<{ statusCode: number }>;

/** The handler as it is shipped; how much one connection may send and hold is no question of what it sends. */
export const shipped: HandleEvent = (pubsub, event) => {
  const settings = frameSettings({ config: pubsub.config, maxSubscriptions: 10_000 }, pubsub);
  return handleWebsocketEvent(pubsub, { ...settings, frameRate: () => true }, event);
};

/** The websocket handler over ports in memory. An input is the invocation's payload as JSON text. */
export function websocketSurface(handle: HandleEvent = shipped): Surface<string> {
  const telemetry = createHandlerTelemetry();
  const counted = createCountedPorts(telemetry.observe);
  const { ports } = counted;
  const limiter = createLimiter(ports.clock);
  const config = resolveConfig({ dynamodbTableName: "hostile" });
  const logSettings = { retentionSeconds: config.eventRetentionSeconds };
  const publish = createPublish(ports, logSettings);
  const pubsub: Pubsub = { config, logSettings, ports, limiterOf: () => limiter, publish };

  return {
    inputs: websocketEvents,
    show: (input) => input,
    async attempt(input) {
      const event = JSON.parse(input) as WebsocketEvent;
      const kind = kindOfEvent(event);
      const answer = await handle(pubsub, event).catch((error: unknown) => {
        if (isPubsubError(error)) return error;
        throw error;
      });
      telemetry.end();
      return verdictOf(kind, isPubsubError(answer) ? answer.code : answer.statusCode, counted.takeEffects());
    },
  };
}

/** A recorded event, its body something else; or something else altogether. */
export const websocketEvents: fc.Arbitrary<string> = fc
  .oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...corpus.events), frameText, fc.nat(9))
        .map(([event, body, choice]) =>
          choice === 0
            ? { ...event, body: Buffer.from(body).toString("base64"), isBase64Encoded: true }
            : { ...event, body },
        ),
    },
    { weight: 3, arbitrary: mangled(fc.constantFrom<unknown>(...corpus.events)) },
  )
  .map((event) => JSON.stringify(event) ?? "null");

function verdictOf(kind: EventKind, answer: number | string, { writes, posts }: Effects): Verdict {
  const [first] = posts;
  const error = first ? errorCodeOf(first.text) : undefined;
  if (kind === "no-event") {
    if (answer !== "INVALID_ARGUMENT")
      throw new Violation(`no event of a connection, and answered ${answer}`);
    return { accepted: false, rowsWritten: writes };
  }
  if (answer !== 200) throw new Violation(`answered ${answer}, and nothing was wrong but the input`);
  if (kind !== "no-frame") {
    if (error) throw new Violation(`refused with ${error} what docs/protocol.md allows`);
    return { accepted: true, rowsWritten: writes };
  }
  if (posts.length !== 1 || (error !== "INVALID_FRAME" && error !== "INVALID_TOPIC_ID")) {
    throw new Violation(
      `a frame that is none was answered by ${posts.length} frames, ${error ?? "no ERROR"}`,
    );
  }
  return { accepted: false, rowsWritten: writes };
}

function errorCodeOf(text: string): string | undefined {
  const { type, code } = JSON.parse(text) as { type?: unknown; code?: unknown };
  return type === "ERROR" ? String(code) : undefined;
}
