import fc from "fast-check";
import { resolveConfig } from "../../../../packages/pubsub/src/api/config.ts";
import type { Pubsub } from "../../../../packages/pubsub/src/api/create-pubsub.ts";
import { createLimiter } from "../../../../packages/pubsub/src/core/delivery/limiter.ts";
import { isPubsubError } from "../../../../packages/pubsub/src/core/errors.ts";
import { createPublisher } from "../../../../packages/pubsub/src/core/publish/publish.ts";
import type { Brake } from "../../../../packages/pubsub/src/handlers/brake.ts";
import type { WebsocketEvent } from "../../../../packages/pubsub/src/handlers/lambda-types.ts";
import { frameSettings, handleWebsocketEvent } from "../../../../packages/pubsub/src/handlers/websocket.ts";
import { createHandlerTelemetry } from "../../../../packages/pubsub/src/observe/powertools.ts";
import { corpus } from "../corpus.ts";
import { type CountedPorts, createCountedPorts, type Effects } from "../counted-ports.ts";
import { frameText } from "../inputs/frames.ts";
import { mangled } from "../inputs/mangled.ts";
import { type EventKind, kindOfEvent } from "../oracles/event-oracle.ts";
import { type Surface, type Verdict, Violation } from "../surface.ts";

/** Handles the event of an invocation by API Gateway. The event can be any JSON value. */
export type HandleEvent = (pubsub: Pubsub, event: WebsocketEvent) => Promise<{ statusCode: number }>;

export const NO_BRAKE: Brake = {
  admit: async () => "admitted",
  charge: async () => {},
  mayWork: async () => true,
  isOverworked: () => false,
};

/** The shipped handler, without its limits per connection, because this surface only tests the content of messages. */
export const shipped: HandleEvent = (pubsub, event) => {
  const settings = frameSettings(
    { config: pubsub.config, authorize: "everybody", maxSubscriptions: 10_000 },
    pubsub,
  );
  return handleWebsocketEvent(pubsub, { ...settings, brake: NO_BRAKE }, event);
};

/** The websocket handler with ports in memory. An input is the invocation's payload as JSON text. */
export function websocketSurface(handle: HandleEvent = shipped): Surface<string> {
  const telemetry = createHandlerTelemetry("all");
  const counted = createCountedPorts(telemetry.observe);
  const pubsub = pubsubOver(counted);

  return {
    inputs: websocketEvents,
    show: (input) => input,
    async attempt(input) {
      const event = JSON.parse(input) as WebsocketEvent;
      const kind = kindOfEvent(event);
      const result = await handle(pubsub, event).catch((error: unknown) => {
        if (isPubsubError(error)) return error;
        throw error;
      });
      telemetry.end();
      return judge(kind, isPubsubError(result) ? result.code : result.statusCode, counted.takeEffects());
    },
  };
}

/** The library over ports in memory. */
export function pubsubOver({ ports }: CountedPorts): Pubsub {
  const limiter = createLimiter(ports.clock);
  const config = resolveConfig({ dynamodbTableName: "hostile" });
  const logSettings = { retentionSeconds: config.eventRetentionSeconds };
  return { config, logSettings, ports, limiterOf: () => limiter, ...createPublisher(ports, logSettings) };
}

/** Recorded events with another body, and mangled events. */
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

function judge(kind: EventKind, result: number | string, { writes, posts }: Effects): Verdict {
  const [first] = posts;
  const error = first ? readErrorCode(first.text) : undefined;
  if (kind === "no-event") {
    if (result !== "INVALID_ARGUMENT")
      throw new Violation(`an event without a connection must be rejected; got ${result}`);
    return { accepted: false, rowsWritten: writes };
  }
  if (result !== 200)
    throw new Violation(`expected status 200, because only the input is invalid; got ${result}`);
  if (kind === "publish") {
    if (posts.length !== 1 || error !== "FORBIDDEN") {
      throw new Violation(`nobody may publish here, so one FORBIDDEN is due; got ${error ?? "no ERROR"}`);
    }
    return { accepted: false, rowsWritten: writes };
  }
  if (kind !== "no-frame") {
    if (error) throw new Violation(`rejected with ${error}, but docs/protocol.md allows it`);
    return { accepted: true, rowsWritten: writes };
  }
  if (posts.length !== 1 || error === undefined || !INVALID.has(error)) {
    throw new Violation(
      `an invalid message must get one ERROR; got ${posts.length} posts, ${error ?? "no ERROR"}`,
    );
  }
  return { accepted: false, rowsWritten: writes };
}

/** The codes of a message that docs/protocol.md does not allow. */
export const INVALID: ReadonlySet<string> = new Set([
  "INVALID_FRAME",
  "INVALID_TOPIC_ID",
  "INVALID_PUBLICATION_ID",
]);

export function readErrorCode(text: string): string | undefined {
  const { type, code } = JSON.parse(text) as { type?: unknown; code?: unknown };
  return type === "ERROR" ? String(code) : undefined;
}
