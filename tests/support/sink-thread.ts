import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

export interface SinkPosts {
  /** The number of posts to each connection that got 200. */
  delivered: Map<string, number>;
  /** The number of posts to each connection that got 410. */
  gone: Map<string, number>;
  /** The different bodies that were posted. */
  bodies: Set<string>;
}

export type SinkOrder =
  | { do: "report" }
  | { do: "begin"; gone: readonly string[]; answerAfterMs: number }
  | { do: "refuse-first" }
  | { do: "hold"; after: number };

export interface SinkAnswer {
  posts: SinkPosts;
}

const received = new Int32Array(workerData as SharedArrayBuffer);
const held: ServerResponse[] = [];
let posts: SinkPosts = { delivered: new Map(), gone: new Map(), bodies: new Set() };
let goneIds = new Set<string>();
/** The connections whose first post was refused, if first posts are refused. */
let refused: Set<string> | undefined;
let answerAfterMs = 0;
let answersLeft = Number.POSITIVE_INFINITY;

const server = createServer(async (request, response) => {
  const [, id] = /\/(?:@|%40)connections\/([^/]+)$/.exec(request.url ?? "") ?? [];
  if (request.method !== "POST" || id === undefined) {
    response.writeHead(404).end();
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  record(decodeURIComponent(id), Buffer.concat(chunks).toString("utf8"), response);
});
server.keepAliveTimeout = 60_000;

function record(id: string, body: string, response: ServerResponse): void {
  Atomics.add(received, 0, 1);
  if (refused && !refused.has(id)) {
    refused.add(id);
    response.destroy();
    return;
  }
  const isGone = goneIds.has(id);
  const tally = isGone ? posts.gone : posts.delivered;
  tally.set(id, (tally.get(id) ?? 0) + 1);
  posts.bodies.add(body);
  response.statusCode = isGone ? 410 : 200;
  if (isGone) response.setHeader("x-amzn-errortype", "GoneException");
  answersLeft -= 1;
  if (answersLeft < 0) held.push(response);
  else if (answerAfterMs > 0) setTimeout(() => response.end(), answerAfterMs);
  else response.end();
}

parentPort?.on("message", (order: SinkOrder) => {
  if (order.do === "begin") {
    posts = { delivered: new Map(), gone: new Map(), bodies: new Set() };
    goneIds = new Set(order.gone);
    answerAfterMs = order.answerAfterMs;
    refused = undefined;
    Atomics.store(received, 0, 0);
  } else if (order.do === "refuse-first") {
    refused = new Set();
  } else if (order.do === "hold") {
    answersLeft = order.after;
    for (const response of held.splice(0)) response.end();
  }
  parentPort?.postMessage({ posts } satisfies SinkAnswer);
});

server.listen(0, "127.0.0.1", () => {
  parentPort?.postMessage({ port: (server.address() as AddressInfo).port });
});
