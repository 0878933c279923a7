import { randomBytes } from "node:crypto";
import { type Consumer, listSubscribers, type PubsubConfig } from "lambda-websocket-pubsub";
import { type Clients, createClients } from "./aws/clients.ts";
import { managementEndpointOf, signingRegion } from "./aws/management-endpoint.ts";
import { createPoster, type Poster } from "./aws/poster.ts";
import { createCleanup, type Row } from "./cleanup.ts";
import { connectSocket, type VerifySocket } from "./socket.ts";
import type { Target } from "./target.ts";
import { waitFor } from "./wait.ts";

/** What the checks share. Everything that they open or write through it is closed and removed at the end. */
export interface VerifyContext {
  target: Target;
  clients: Clients;
  /** As a producer has it. */
  config: PubsubConfig & { fanoutQueueUrl: string };
  /** The same without a queue: this process fans out, over the library's own connections. */
  inProcessConfig: PubsubConfig;
  /** Aborts when the check's time is up or the run is interrupted. */
  signal: AbortSignal;
  /** Returns the id of a topic that nothing else uses. Its rows are removed at the end. */
  newTopic(): string;
  /** Has a row removed at the end that belongs to no topic. Call it before the row is written. */
  willWrite(row: Row): void;
  connect(subprotocols?: string[]): Promise<VerifySocket>;
  /** Connects, subscribes and waits until the index lists the connection. */
  subscriber(options?: { topicId?: string; format?: "data" | "event" }): Promise<Subscriber>;
  /** Returns what posts to the consumer's API. */
  posterTo(consumer: Consumer): Promise<Poster>;
  /** Closes what is open. */
  closeSockets(): Promise<void>;
}

export interface Subscriber {
  socket: VerifySocket;
  topicId: string;
  consumer: Consumer;
}

/** The context of a run. Each check gets it with a signal of its own. */
export interface RunContext {
  /** Of the SDK's settings. Empty if they name none. */
  region(): Promise<string>;
  forCheck(signal: AbortSignal): VerifyContext;
  /** Removes every row that the checks wrote, and closes all connections. Returns what could not be removed. */
  cleanUp(): Promise<string[]>;
}

export function createRunContext(target: Target): RunContext {
  const clients = createClients(target);
  const runId = randomBytes(6).toString("hex");
  const { table, managementEndpoint } = target;
  const inProcessConfig: PubsubConfig = {
    dynamodbTableName: table,
    ...(managementEndpoint !== undefined && { managementEndpoint }),
  };
  const config = { ...inProcessConfig, fanoutQueueUrl: target.queue };
  const cleanup = createCleanup(clients.dynamodb, table);
  const sockets = new Set<VerifySocket>();
  const posters = new Map<string, Poster>();
  let topics = 0;

  function newTopic(): string {
    const topicId = `pubsub-verify-${runId}-${++topics}`;
    cleanup.addTopic(topicId);
    return topicId;
  }

  async function closeSockets(): Promise<void> {
    await Promise.all([...sockets].map((socket) => socket.close()));
    sockets.clear();
  }

  async function posterTo(consumer: Consumer): Promise<Poster> {
    const endpoint = managementEndpointOf(target, consumer);
    const known = posters.get(endpoint);
    if (known) return known;
    const region = await signingRegion(endpoint, clients.region);
    const poster = createPoster(endpoint, { region, credentials: clients.dynamodb.config.credentials });
    posters.set(endpoint, poster);
    return poster;
  }

  function forCheck(signal: AbortSignal): VerifyContext {
    async function connect(subprotocols?: string[]): Promise<VerifySocket> {
      const socket = await connectSocket(target.url, signal, subprotocols);
      sockets.add(socket);
      return socket;
    }
    return {
      target,
      clients,
      config,
      inProcessConfig,
      signal,
      newTopic,
      willWrite: cleanup.addRow,
      connect,
      posterTo,
      closeSockets,
      async subscriber({ topicId = newTopic(), format = "data" } = {}) {
        const socket = await connect();
        const before = await consumersOf(topicId);
        const answer = await socket.request({ action: "SUBSCRIBE", topicId, format });
        if (answer.type !== "SUBSCRIBED")
          throw new Error(`SUBSCRIBE was answered with ${describeError(answer)}`);
        const consumer = await waitFor({ signal }, async () =>
          (await consumersOf(topicId)).find((found) => !before.some((known) => isSame(known, found))),
        );
        if (!consumer) throw new Error("the index does not list a connection that subscribed a minute ago");
        return { socket, topicId, consumer };
      },
    };
  }

  async function consumersOf(topicId: string): Promise<Consumer[]> {
    const found: Consumer[] = [];
    for await (const consumer of listSubscribers({ topicId, config })) found.push(consumer);
    return found;
  }

  return {
    forCheck,
    region: () => clients.region().catch(() => ""),
    async cleanUp() {
      await closeSockets();
      for (const poster of posters.values()) poster.close();
      const problems = await cleanup.run();
      clients.destroy();
      return problems;
    },
  };
}

const isSame = (one: Consumer, other: Consumer): boolean => one.connectionId === other.connectionId;

/** `ERROR STORAGE_FAILED: …`, or the whole answer if it is of another form. */
export function describeError(answer: Record<string, unknown>): string {
  const { type, code, message } = answer;
  return type === "ERROR"
    ? `ERROR ${String(code)}: ${String(message)}`
    : JSON.stringify(answer).slice(0, 300);
}
