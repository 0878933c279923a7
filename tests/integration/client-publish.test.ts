/** The real client on the real functions: publishing, history, the newest value, and a state with the events after it. */
import { randomUUID } from "node:crypto";
import { getTopicPosition, publishToTopic, readTopicEvents } from "lambda-websocket-pubsub";
import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
import {
  createPubsubClient,
  type PubsubClient,
  type PubsubClientError,
  type PubsubClientOptions,
} from "lambda-websocket-pubsub-client";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { eventually, within } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";

const secret = `secret-${randomUUID()}`;
const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-publish") },
  functionEnv: { TOPIC_TOKEN_SECRETS: JSON.stringify([secret]) },
}));

const clients: PubsubClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

interface Opened {
  client: PubsubClient;
  errors: PubsubClientError[];
  /** How many responses to PUBLISH the network still loses. The connection ends instead. */
  network: { lost: number };
}

function open(options: PubsubClientOptions = {}): Opened {
  const errors: PubsubClientError[] = [];
  const network = { lost: 0 };
  class Watched extends WebSocket {
    override emit(event: string | symbol, ...given: unknown[]): boolean {
      const frame = event === "message" ? (JSON.parse(String(given[0])) as Record<string, unknown>) : {};
      if (frame.type === "PUBLISHED" && network.lost > 0) {
        network.lost--;
        this.terminate();
        return false;
      }
      return super.emit(event, ...given);
    }
  }
  const client = createPubsubClient({
    url: local.stack.websocketUrl,
    webSocket: Watched,
    onError: (error) => errors.push(error),
    backoff: { baseMs: 10, maxMs: 100 },
    ...options,
  });
  clients.push(client);
  return { client, errors, network };
}

const tokenFor = (topicId: string, rights: object = { publish: [topicId] }): Promise<string> =>
  mintTopicToken({ topicId, secret, ...rights });

async function logOf(topicId: string): Promise<unknown[]> {
  const events = await collect(readTopicEvents({ topicId, config: local.config }));
  return events.map(({ data }) => data);
}

async function produce(topicId: string, from: number, to: number): Promise<void> {
  for (let data = from; data <= to; data++) await publishToTopic({ topicId, data, config: local.config });
}

/** Resolves when a list has this many items. */
const filled = (list: readonly unknown[], length: number): Promise<unknown> =>
  eventually(() => {
    if (list.length < length) throw new Error(`${list.length} of ${length}`);
  });

describe("clients that publish to one room", () => {
  it("each get every event once, in the order of the log, and publish in the order of the calls", async () => {
    const topicId = `room-${randomUUID()}`;
    const token = await tokenFor(topicId);
    const members = ["ada", "bob"].map((name) => {
      const opened = open();
      const seen: unknown[] = [];
      const room = opened.client.subscribe(topicId, ({ data }) => seen.push(data), { token });
      return { ...opened, name, seen, room };
    });
    await within("subscriptions", Promise.all(members.map(({ room }) => room.ready)));
    const textsOf = (name: string): string[] => Array.from({ length: 10 }, (_, n) => `${name} ${n}`);
    await Promise.all(members.flatMap(({ name, room }) => textsOf(name).map((text) => room.publish(text))));
    const log = await logOf(topicId);
    expect(log).toHaveLength(20);
    for (const { name, seen, errors } of members) {
      await filled(seen, 20);
      await fanoutIdle(local);
      expect(seen).toEqual(log);
      expect(seen.filter((text) => String(text).startsWith(name))).toEqual(textsOf(name));
      expect(errors).toEqual([]);
    }
  });

  it("publish each one once and in order although responses are lost", async () => {
    const topicId = `room-${randomUUID()}`;
    const token = await tokenFor(topicId);
    const { client, network } = open();
    const seen: unknown[] = [];
    const room = client.subscribe(topicId, ({ data }) => seen.push(data), { token });
    await room.ready;
    network.lost = 2;
    const published = await within(
      "publications",
      Promise.all([1, 2, 3, 4, 5].map((data) => room.publish(data))),
    );
    expect(network.lost).toBe(0);
    expect(published.map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5]);
    // Both were responses to the first one
    expect(published.map(({ duplicate }) => duplicate)).toEqual([true, false, false, false, false]);
    expect(await logOf(topicId)).toEqual([1, 2, 3, 4, 5]);
    await filled(seen, 5);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it("publish without a subscription", async () => {
    const topicId = `room-${randomUUID()}`;
    const { client } = open({ idleTimeoutMs: 0 });
    const published = await client.publish(topicId, { a: 1 }, { token: () => tokenFor(topicId) });
    expect(published).toMatchObject({ topicId, offset: 1, duplicate: false });
    expect(await logOf(topicId)).toEqual([{ a: 1 }]);
    await eventually(() => expect(client.state).toBe("idle"));
  });
});

describe("a publication that the server does not accept", () => {
  it.each<[string, object, unknown, string]>([
    ["the token lets it only subscribe", {}, 1, "FORBIDDEN"],
    ["the hook refuses the data", { publish: ["TOPIC"] }, { problem: "no text" }, "INVALID_DATA"],
  ])("is rejected at once if %s", async (_why, rights, data, code) => {
    const topicId = `room-${randomUUID()}`;
    const mine = JSON.parse(JSON.stringify(rights).replace("TOPIC", topicId)) as object;
    const { client, errors } = open();
    const promise = client.publish(topicId, data, { token: await tokenFor(topicId, mine) });
    await expect(promise).rejects.toMatchObject({ code: "REFUSED", context: { code, topicId, tries: 1 } });
    expect(errors).toEqual([]);
    expect(await logOf(topicId)).toEqual([]);
  });

  it("is sent again if the server could not decide, until its signal is aborted", async () => {
    const topicId = `broken-${randomUUID()}`;
    const { client, errors } = open();
    const controller = new AbortController();
    const promise = client.publish(topicId, 1, { signal: controller.signal });
    const rejected = expect(promise).rejects.toMatchObject({ code: "ABORTED" });
    await filled(errors, 2);
    controller.abort();
    await rejected;
    expect(new Set(errors.map(({ context }) => context.code))).toEqual(new Set(["AUTHORIZE_FAILED"]));
    expect(await logOf(topicId)).toEqual([]);
  });

  it("is published if it is as large as a message can be", async () => {
    const topicId = `room-${randomUUID()}`;
    const token = await tokenFor(topicId);
    const { client, errors } = open();
    let length = 32_768;
    let text = "";
    for (; !text; length -= 16) {
      const attempt = "€".repeat(Math.floor(length / 3));
      const published = await client.publish(topicId, attempt, { token }).catch(() => undefined);
      if (published) text = attempt;
    }
    expect(await logOf(topicId)).toEqual([text]);
    expect(errors).toEqual([]);
  });
});

describe("subscribers that ask for more than new events", () => {
  it("begin with the last events while others are published, each once and in order", async () => {
    const topicId = `room-${randomUUID()}`;
    const token = await tokenFor(topicId);
    await produce(topicId, 1, 30);
    const { client, errors } = open();
    const all: unknown[] = [];
    const some: unknown[] = [];
    const first = client.subscribe(topicId, ({ data }) => all.push(data), { token, last: 100 });
    const producing = produce(topicId, 31, 60);
    const { offset, from, truncated } = await first.ready;
    expect([from?.offset, truncated]).toEqual([0, undefined]);
    const second = client.subscribe(topicId, ({ data }) => some.push(data), { last: 5 });
    const late = await second.ready;
    expect(late.from?.offset).toBe(late.offset - 5);
    await producing;
    await filled(all, 60);
    await filled(some, 60 - (late.from?.offset ?? 0));
    expect(all).toEqual(await logOf(topicId));
    expect(some).toEqual(all.slice(late.from?.offset));
    expect(offset).toBeGreaterThanOrEqual(30);
    expect(errors).toEqual([]);
  });

  it("get the newest value, and then newer ones only", async () => {
    const topicId = `room-${randomUUID()}`;
    const token = await tokenFor(topicId);
    await produce(topicId, 1, 10);
    const { client } = open();
    const seen: number[] = [];
    client.subscribe<number>(topicId, ({ data }) => seen.push(data), { token, latest: true, last: 1 });
    await filled(seen, 1);
    await produce(topicId, 11, 40);
    await eventually(() => expect(seen.at(-1)).toBe(40));
    expect(seen[0]).toBeGreaterThanOrEqual(10);
    expect(seen).toEqual([...new Set(seen)].toSorted((one, other) => one - other));
  });

  it("load a state while events are published, and have the whole log at the end", async () => {
    const topicId = `room-${randomUUID()}`;
    const token = await tokenFor(topicId);
    await produce(topicId, 1, 10);
    const { client, errors } = open();
    let state: unknown[] = [];
    let loads = 0;
    client.subscribe<number, unknown[]>(topicId, ({ data }) => state.push(data), {
      token,
      async load() {
        loads++;
        const position = await getTopicPosition({ topicId, config: local.config });
        const events = await logOf(topicId);
        // As a database has it that is read in one transaction with its position
        return { state: events.slice(0, position.offset), position };
      },
      onState(loaded) {
        state = loaded;
      },
    });
    await produce(topicId, 11, 60);
    await eventually(() => expect(state).toHaveLength(60));
    expect(state).toEqual(await logOf(topicId));
    expect(loads).toBe(1);
    expect(errors).toEqual([]);
  });
});
