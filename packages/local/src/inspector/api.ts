import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "../gateway/read-body.ts";
import { isRecord } from "../options/option-rules.ts";
import type { Access } from "./access.ts";
import { type ApiInput, InvalidInput, inputOf } from "./api-input.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { InspectorSource } from "./source.ts";
import { WATCHED_MAX, watchTopics } from "./watched-topics.ts";
import type { About, Health, LiveMessage, RedriveMessage } from "./wire.ts";
import { statusOf, wireError } from "./wire-error.ts";

export interface ApiParts {
  source: InspectorSource;
  about: About;
  /** Absent: the server reads the topics that a page watches. */
  feed?: LiveFeed;
  /** Absent: there is no health to show. `afterMs`: only the samples after this time. */
  health?: (afterMs: number) => Health | Promise<Health>;
  access: Access;
}

/** A payload of 128 KB, escaped as JSON. */
const BODY_BYTES_MAX = 1_000_000;
const ALIVE_EVERY_MS = 15_000;
const SUBSCRIBERS_COUNTED_MAX = 100_000;
const LETTERS_MAX = 200;
const LOG_MAX = 200;

type Route = (input: ApiInput) => unknown;

/** Serves the requests below `/api/`. Every response is JSON, or JSON in lines. */
export function createApi({ source, about, feed, health, access }: ApiParts) {
  const reads: Readonly<Record<string, Route>> = {
    about: () => about,
    log: (input) => source.log({ topicId: input.text("topic"), last: input.whole("last", 1, LOG_MAX, 50) }),
    payload: (input) =>
      source.payload({
        topicId: input.text("topic"),
        epoch: input.text("epoch"),
        offset: input.whole("offset", 1),
      }),
    subscribers: (input) =>
      source.subscribers({
        topicId: input.text("topic"),
        max: input.whole("max", 1, SUBSCRIBERS_COUNTED_MAX, SUBSCRIBERS_COUNTED_MAX),
      }),
    members: (input) => source.members({ topicId: input.text("topic") }),
    publication: (input) =>
      source.publication({
        topicId: input.text("topic"),
        offset: input.whole("offset", 1),
        ...input.optional("epoch"),
      }),
    letters: () => source.letters({ max: LETTERS_MAX }),
    topics: () => source.findTopics(),
    health: (input) => health?.(input.whole("after", 0, Number.MAX_SAFE_INTEGER, 0)) ?? { samples: [] },
  };
  const writes: Readonly<Record<string, Route>> = {
    publish(input) {
      if (!input.has("data")) throw new InvalidInput("data is missing");
      return source.publish({
        topicId: input.text("topicId"),
        data: input.value("data"),
        ...input.optional("publicationId"),
      });
    },
  };

  return async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    try {
      await route(request, response, url);
    } catch (error) {
      const shown = wireError(error);
      sendJson(response, statusOf(shown), { error: shown });
    }
  };

  async function route(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { method = "GET", headers } = request;
    const name = url.pathname.slice("/api/".length);
    const body = method === "POST" ? await jsonBody(request) : {};
    if (method === "POST" && name === "session") {
      const key = access.open(String(body.token ?? ""));
      if (key !== undefined) return sendJson(response, 200, { key });
      return sendJson(
        response,
        401,
        refusal("This token is not valid, or not any more: each opens one tab."),
      );
    }
    if (!access.allows(headers.authorization)) {
      return sendJson(response, 401, refusal("the inspector needs the token that the command printed"));
    }
    if (method === "GET" && name === "live") return streamLive(response, url.searchParams.getAll("topic"));
    const input = inputOf(method === "POST" ? body : Object.fromEntries(url.searchParams));
    if (method === "POST" && name === "redrive") return streamRedrive(response, input);
    const routes = method === "GET" ? reads : method === "POST" ? writes : {};
    const handle = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (!handle) {
      return sendJson(response, 404, {
        error: { code: "NOT_FOUND", message: `no ${method} ${url.pathname}` },
      });
    }
    sendJson(response, 200, await handle(input));
  }

  function streamLive(response: ServerResponse, topics: readonly string[]): void {
    const send = openLines(response);
    const stop = feed ? feed.open(send) : watchTopics(source, topics.slice(0, WATCHED_MAX), send);
    send({ alive: true } satisfies LiveMessage);
    const timer = setInterval(() => send({ alive: true } satisfies LiveMessage), ALIVE_EVERY_MS).unref();
    response.once("close", () => {
      clearInterval(timer);
      stop();
    });
  }

  async function streamRedrive(response: ServerResponse, input: ApiInput): Promise<void> {
    const request = {
      dryRun: input.value("dryRun") !== false,
      ...input.optional("topicId"),
      ...input.optional("code"),
      ...(input.has("max") && { max: input.whole("max", 1) }),
    };
    const send = openLines(response);
    try {
      const result = await source.redrive(request, (progress) => send({ progress } satisfies RedriveMessage));
      send({ result } satisfies RedriveMessage);
    } catch (error) {
      send({ error: wireError(error) } satisfies RedriveMessage);
    }
    response.end();
  }
}

const refusal = (message: string): object => ({ error: { code: "TOKEN_REQUIRED", message } });

async function jsonBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const { kept, bytes } = await readBody(request, BODY_BYTES_MAX);
  if (!kept) throw new InvalidInput(`the body must have at most ${BODY_BYTES_MAX} bytes; got ${bytes}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(kept.toString());
  } catch {
    // Refused below: it is no object
  }
  if (isRecord(parsed)) return parsed;
  throw new InvalidInput(`the body must be a JSON object; got ${bytes} bytes of something else`);
}

function openLines(response: ServerResponse): (message: object) => void {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.flushHeaders();
  return (message) => {
    // A page that does not read must not fill this process's memory
    if (!response.destroyed && !response.writableNeedDrain) response.write(`${JSON.stringify(message)}\n`);
  };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(value));
}
