import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { type Gateway, type PostRecord, startGateway } from "../../packages/local/src/gateway/index.ts";
import type { Consumer } from "../../packages/pubsub/src/core/types.ts";

export interface OpenGateway extends Gateway {
  /** Every POST so far, as the gateway recorded it. */
  posts: readonly PostRecord[];
  /** Connects a client. Call it one at a time, because it finds the client's id as the only new one. */
  connect(): Promise<{ consumer: Consumer; next(): Promise<string>; close(): Promise<void> }>;
}

/** A gateway without functions, on a free port, stopped with the test. */
export async function openGateway(): Promise<OpenGateway> {
  const posts: PostRecord[] = [];
  const disconnected = new Map<string, () => void>();
  const gateway = await startGateway({
    region: "us-east-1",
    credentials: localCredentials,
    onPost: (record) => posts.push(record),
    async invoke({ requestContext: { routeKey, connectionId } }) {
      if (routeKey === "$disconnect") disconnected.get(connectionId)?.();
      return { statusCode: 200 };
    },
  });
  onTestFinished(() => gateway.stop());

  async function connect(): ReturnType<OpenGateway["connect"]> {
    const before = new Set(gateway.connectionIds());
    const socket = new WebSocket(gateway.websocketUrl);
    onTestFinished(() => socket.terminate());
    const frames: string[] = [];
    let arrived = (): void => {};
    socket.on("message", (data) => {
      frames.push(String(data));
      arrived();
    });
    await once(socket, "open");
    const connectionId = gateway.connectionIds().find((id) => !before.has(id));
    if (connectionId === undefined) throw new Error("the gateway has no new connection");
    return {
      consumer: { domainName: gateway.domainName, stage: gateway.stage, connectionId },
      async next() {
        while (frames.length === 0) {
          await new Promise<void>((resolve) => {
            arrived = resolve;
          });
        }
        return frames.shift() ?? "";
      },
      async close() {
        const gone = new Promise<void>((resolve) => disconnected.set(connectionId, resolve));
        socket.close();
        await gone;
      },
    };
  }
  return { ...gateway, posts, connect };
}
