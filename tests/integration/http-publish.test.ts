import { randomUUID } from "node:crypto";
import { getPublicationStatus, readTopicEvents } from "lambda-websocket-pubsub";
import { createPubsubClient, type TopicEvent } from "lambda-websocket-pubsub-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { assertDocumented } from "../support/openapi-document.ts";
import { collect } from "../support/samples.ts";
import { ask, askSigned, type HttpAsked } from "../support/signed-request.ts";

const SECRET = `secret-${randomUUID()}`;

const local = stackForFile(() => ({
  functions: { http: functionPath("http-iam") },
  functionEnv: { POWERTOOLS_LOG_LEVEL: "DEBUG" },
}));

const PATHS = { events: "/topics/{id}/events", position: "/topics/{id}/position" } as const;

// biome-ignore lint/suspicious/noExplicitAny: each test knows the response that it expects
type Answer = { status: number; body: any };

async function send(
  method: string,
  topicId: string,
  resource: keyof typeof PATHS,
  options: { body?: unknown; query?: string } = {},
): Promise<Answer> {
  const { body, query = "" } = options;
  const asked: HttpAsked = {
    method,
    path: `/topics/${encodeURIComponent(topicId)}/${resource}${query}`,
    ...(body !== undefined && {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  };
  const { status, headers, text } = await askSigned(local.stack.httpUrl ?? "", asked);
  const answer = { status, body: JSON.parse(text) as Answer["body"] };
  assertDocumented(
    { method, path: PATHS[resource] },
    { ...answer, headers: headers as Record<string, string> },
  );
  return answer;
}

describe("the HTTP function on the local stack", () => {
  it("publishes to subscribers of a WebSocket, who get each event once and in order", async () => {
    const topicId = `rooms/${randomUUID()} ü`;
    const client = createPubsubClient({ url: local.stack.websocketUrl });
    onTestFinished(() => client.close());
    const received: TopicEvent[] = [];
    await client.subscribe(topicId, (event) => received.push(event)).ready;
    const one = await send("POST", topicId, "events", { body: { data: { n: 1 }, publicationId: "p1" } });
    expect(one).toMatchObject({ status: 200, body: { topicId, offset: 1, duplicate: false } });
    const again = await send("POST", topicId, "events", { body: { data: { n: 1 }, publicationId: "p1" } });
    expect(again.body).toEqual({ ...one.body, duplicate: true });
    const list = Array.from({ length: 100 }, (_, index) => ({ data: { n: index + 2 } }));
    expect(await send("POST", topicId, "events", { body: list })).toMatchObject({
      status: 200,
      body: { failed: 0 },
    });
    await eventually(() => expect(received).toHaveLength(101));
    expect(received.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 101 }, (_, index) => index + 1),
    );
    const { epoch } = one.body;
    await eventually(async () => {
      const status = await getPublicationStatus({ topicId, epoch, offset: 101, config: local.config });
      expect(status).toMatchObject({ state: "complete", delivered: 1 });
    });
  });

  it("reads what the library published, page by page and from the end", async () => {
    const topicId = randomUUID();
    expect((await send("GET", topicId, "position")).body).toMatchObject({ topicId, offset: 0 });
    const list = Array.from({ length: 7 }, (_, index) => ({ data: index + 1 }));
    await send("POST", topicId, "events", { body: list });
    const read: unknown[] = [];
    let query = "?limit=3";
    for (let more = true; more; ) {
      const { body } = await send("GET", topicId, "events", { query });
      read.push(...body.events.map(({ data }: { data: unknown }) => data));
      more = body.more;
      query = `?after=${body.events.at(-1).offset}&epoch=${body.epoch}&limit=3`;
    }
    expect(read).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const last = await send("GET", topicId, "events", { query: "?last=2" });
    expect(last.body.events).toMatchObject([{ offset: 6 }, { offset: 7 }]);
    expect((await send("GET", topicId, "position")).body).toMatchObject({ offset: 7 });
  });

  it("writes nothing for a request that is not signed or not valid, and logs neither data nor ids of publications", async () => {
    const topicId = randomUUID();
    const path = `/topics/${topicId}/events`;
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ data: SECRET });
    const unsigned = await ask(local.stack.httpUrl ?? "", { method: "POST", path, headers, body });
    expect(unsigned.status).toBe(403);
    const wrong = { data: SECRET, publicationID: SECRET };
    expect(await send("POST", topicId, "events", { body: wrong })).toMatchObject({ status: 400 });
    expect(
      await send("POST", topicId, "events", { body: { data: SECRET, publicationId: "" } }),
    ).toMatchObject({ status: 400 });
    expect(await collect(readTopicEvents({ topicId, config: local.config }))).toEqual([]);
    await eventually(() =>
      expect(local.log.filter((line) => line.includes("request-refused"))).toHaveLength(2),
    );
    expect(local.log.join("\n")).not.toContain(SECRET);
  });

  it("is counted by the stack, and by its usage", () => {
    const { http } = local.stack.stats();
    expect(http?.invocations).toBeGreaterThan(0);
    expect(http?.errors).toBe(0);
    expect(local.stack.env.PUBSUB_HTTP_URL).toBe(local.stack.httpUrl);
  });
});
