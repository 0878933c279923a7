import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import {
  type Gateway,
  type GatewayLogEntry,
  type GatewayOptions,
  type PostRecord,
  startGateway,
  type WebsocketEvent,
} from "../../packages/local/src/gateway/index.ts";
import { within } from "../support/eventually.ts";

export const region = "eu-west-1";
export const credentials: { accessKeyId: string; secretAccessKey: string } = {
  accessKeyId: "AKIALOCAL",
  secretAccessKey: "local-secret",
};

export { within } from "../support/eventually.ts";

/** A queue of values. Events push them, and a test takes them in order and waits for each. */
export interface Inbox<T> {
  all: T[];
  push(value: T): void;
  next(what: string): Promise<T>;
}

export function createInbox<T>(): Inbox<T> {
  const all: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  let taken = 0;
  return {
    all,
    push(value) {
      all.push(value);
      const waiter = waiting.shift();
      if (waiter === undefined) return;
      taken += 1;
      waiter(value);
    },
    next(what) {
      if (taken < all.length) {
        const value = all[taken] as T;
        taken += 1;
        return Promise.resolve(value);
      }
      return within(what, new Promise<T>((resolve) => waiting.push(resolve)));
    },
  };
}

export interface TestGateway extends Gateway {
  /** Every invocation, in order of arrival. Messages are those of all routes. */
  connects: Inbox<WebsocketEvent>;
  messages: Inbox<WebsocketEvent>;
  disconnects: Inbox<WebsocketEvent>;
  posts: Inbox<PostRecord>;
  logs: GatewayLogEntry[];
}

/** Starts a gateway on a free port and stops it with the test. Routes return 200 unless `invoke` is given. */
export async function gatewayForTest(overrides: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const events = {
    CONNECT: createInbox<WebsocketEvent>(),
    MESSAGE: createInbox<WebsocketEvent>(),
    DISCONNECT: createInbox<WebsocketEvent>(),
  };
  const posts = createInbox<PostRecord>();
  const logs: GatewayLogEntry[] = [];
  const gateway = await startGateway({
    region,
    credentials,
    onPost: posts.push,
    log: (entry) => logs.push(entry),
    ...overrides,
    async invoke(event, options) {
      events[event.requestContext.eventType].push(event);
      return overrides.invoke === undefined ? { statusCode: 200 } : overrides.invoke(event, options);
    },
  });
  onTestFinished(() => gateway.stop());
  const { CONNECT: connects, MESSAGE: messages, DISCONNECT: disconnects } = events;
  return { ...gateway, connects, messages, disconnects, posts, logs };
}

export interface TestClient {
  socket: WebSocket;
  connectionId: string;
  frames: Inbox<{ text: string; isBinary: boolean }>;
  closed: Promise<{ code: number; reason: string }>;
}

/** Connects a client and gets its id from the gateway. Call it one at a time. */
export async function connectClient(
  gateway: Gateway,
  options: { path?: string; protocols?: string[]; client?: ClientOptions } = {},
): Promise<TestClient> {
  const before = new Set(gateway.connectionIds());
  const socket = new WebSocket(
    gateway.websocketUrl + (options.path ?? "/"),
    options.protocols ?? [],
    options.client ?? {},
  );
  onTestFinished(() => socket.terminate());
  const frames = createInbox<{ text: string; isBinary: boolean }>();
  socket.on("message", (data, isBinary) => frames.push({ text: String(data), isBinary }));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  socket.on("error", () => undefined);
  await within("open socket", once(socket, "open"));
  const connectionId = gateway.connectionIds().find((id) => !before.has(id));
  if (connectionId === undefined) throw new Error("the gateway has no new connection");
  return { socket, connectionId, frames, closed };
}

/** Does a handshake over a bare socket, to do what a WebSocket client never does. */
export function rawHandshake(gateway: Gateway): Socket {
  const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined).resume();
  socket.write(
    [
      "GET / HTTP/1.1",
      `Host: ${gateway.domainName}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "\r\n",
    ].join("\r\n"),
  );
  return socket;
}

/** Returns the HTTP status, headers and body of a handshake that must fail. */
export async function refusedHandshake(
  url: string,
): Promise<{ status: number; body: string; errorType: string | string[] | undefined }> {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  socket.on("error", () => undefined);
  const refused = new Promise<{ status: number; body: string; errorType: string | string[] | undefined }>(
    (resolve, reject) => {
      socket.on("open", () => reject(new Error("the handshake was accepted")));
      socket.on("unexpected-response", (_, response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            body,
            errorType: response.headers["x-amzn-errortype"],
          }),
        );
      });
    },
  );
  return within("refusal", refused);
}

/** AWS's own client. It makes one attempt, so that a test sees the first response. */
export function sdkFor(
  gateway: Gateway,
  overrides: ApiGatewayManagementApiClientConfig = {},
): ApiGatewayManagementApiClient {
  const client = new ApiGatewayManagementApiClient({
    endpoint: gateway.managementEndpoint,
    region,
    credentials,
    maxAttempts: 1,
    ...overrides,
  });
  onTestFinished(() => client.destroy());
  return client;
}
