import { randomUUID } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { type Chat, startChat } from "../../examples/chat/server/start-chat.ts";
import { stackForFile } from "../support/local-stack.ts";

const file = stackForFile();
let chat: Chat;

beforeAll(async () => {
  const { websocketUrl } = file.stack;
  chat = await startChat({ websocketUrl, config: file.config, port: 0, watch: false });
  return () => chat.stop();
});

const message = { room: "room-1", publicationId: randomUUID(), name: "Ada", text: "hello" };

async function post(
  body: string,
  contentType = "application/json",
): Promise<{ status: number; body: unknown }> {
  const headers = { "content-type": contentType };
  const response = await fetch(new URL("/api/publish", chat.url), { method: "POST", headers, body });
  return { status: response.status, body: await response.json() };
}

it("publishes once when the same request is sent twice", async () => {
  const { status, body } = await post(JSON.stringify(message));
  expect({ status, body }).toMatchObject({ status: 200, body: { offset: 1, duplicate: false } });
  expect(await post(JSON.stringify(message))).toMatchObject({ body: { offset: 1, duplicate: true } });
});

it("accepts the longest message with every character escaped in JSON", async () => {
  const longest = {
    ...message,
    publicationId: randomUUID(),
    name: "\u0001".repeat(40),
    text: "\u0001".repeat(2_000),
  };
  expect(await post(JSON.stringify(longest))).toMatchObject({ status: 200 });
});

it.each([
  ["a body that is not JSON", "{", /not JSON/],
  ["null", "null", /JSON object/],
  ["an array", "[]", /room must be/],
  ["no name", JSON.stringify({ ...message, name: undefined }), /name must be 1 to 40/],
  ["a blank text", JSON.stringify({ ...message, text: " \n" }), /text must be 1 to 2000/],
  ["a long text", JSON.stringify({ ...message, text: "x".repeat(2_001) }), /text must be 1 to 2000/],
  ["a text that is an object", JSON.stringify({ ...message, text: { toString: "x" } }), /text must be/],
  ["another room", JSON.stringify({ ...message, room: "a/b" }), /room must be/],
  [
    "an id that is not a UUID",
    JSON.stringify({ ...message, publicationId: "1" }),
    /publicationId must be a UUID/,
  ],
  ["another field", JSON.stringify({ ...message, ttl: 1 }), /not known/],
  ["a prototype", `{"__proto__":${JSON.stringify(message)}}`, /not known/],
])("responds with 400 to %s", async (_, body, error) => {
  expect(await post(body)).toMatchObject({ status: 400, body: { error: expect.stringMatching(error) } });
});

it("responds with 415 to text/plain, which another site's page could send without a preflight request", async () => {
  expect(await post(JSON.stringify(message), "text/plain")).toMatchObject({ status: 415 });
});

it("responds with 405 to GET and with 413 to a large body", async () => {
  const response = await fetch(new URL("/api/publish", chat.url));
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("POST");
  expect(await post(JSON.stringify({ ...message, text: "x".repeat(100_000) }))).toMatchObject({
    status: 413,
  });
});
