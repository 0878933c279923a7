/** The limit of a connection used to be counted by each environment for itself, so that it never held. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";
import { connect, type Frame } from "../support/sockets.ts";

const ENVIRONMENTS = 4;
const MESSAGES = 400;
/** At once, in plain messages; each environment keeps one to itself. */
const ADMITTED_MAX = 17 + ENVIRONMENTS;

/** A publication costs as much as two and a half to three plain messages. Each environment can have begun one more. */
const PUBLISHED_MAX = 6 + 2 * ENVIRONMENTS;

const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-brake") },
  websocket: { maximumConcurrency: ENVIRONMENTS },
}));

it("admits what a connection may cost over all environments, disconnects it, and serves another client", async () => {
  const greedy = await connect(local.stack);
  for (let n = 0; n < MESSAGES; n++) greedy.send({ action: "PING", requestId: `flood-${n}` });
  // AWS's code for a connection that its server closed with DELETE
  expect(await greedy.closed).toBe(1000);
  const responses = greedy.received.map((text) => JSON.parse(text) as Frame);
  const admitted = responses.filter(({ type }) => type === "PONG");
  const refused = responses.filter(({ code }) => code === "RATE_LIMITED");
  expect(admitted.length).toBeGreaterThan(0);
  expect(admitted.length).toBeLessThanOrEqual(ADMITTED_MAX);
  expect(refused.length).toBeLessThan(MESSAGES - ADMITTED_MAX);
  const other = await connect(local.stack);
  const answer = await other.request({ action: "SUBSCRIBE", topicId: randomUUID() });
  expect(answer).toMatchObject({ type: "SUBSCRIBED" });
  await eventually(() => {
    expect(local.log.filter((line) => line.includes("connection-ended")).length).toBeGreaterThan(0);
  });
});

it("writes no more publications than a connection may cost, and refuses the others with RATE_LIMITED", async () => {
  const topicId = randomUUID();
  const greedy = await connect(local.stack);
  for (let n = 0; n < MESSAGES / 4; n++)
    greedy.send({ action: "PUBLISH", topicId, data: n, requestId: `flood-${n}` });
  expect(await greedy.closed).toBe(1000);
  const responses = greedy.received.map((text) => JSON.parse(text) as Frame);
  const published = responses.filter(({ type }) => type === "PUBLISHED");
  expect(responses.filter(({ code }) => code === "RATE_LIMITED").length).toBeGreaterThan(0);
  const rows = await readRows(local, `topic#${topicId}`);
  const events = rows.filter(({ u }) => u?.S?.startsWith("event#"));
  // The last responses may have come after the end of the connection
  expect(events.length).toBeGreaterThanOrEqual(published.length);
  expect(published.length).toBeGreaterThan(0);
  expect(events.length).toBeLessThanOrEqual(PUBLISHED_MAX);
});

it("keeps one row for a busy connection, which expires, and none for one that is not", async () => {
  const [busy, calm] = [await connect(local.stack), await connect(local.stack)];
  await calm.request({ action: "PING" });
  const before = (await readRows(local, "spending#")).filter(({ u }) => u?.S === "spending");
  for (let n = 0; n < 6; n++) await busy.request({ action: "PING" });
  const after = (await readRows(local, "spending#")).filter(({ u }) => u?.S === "spending");
  expect(after).toHaveLength(before.length + 1);
  for (const { expiresAt, p2 } of after) {
    expect(Number(expiresAt?.N)).toBeLessThanOrEqual(Date.now() / 1_000 + 7_201);
    expect(p2).toBeUndefined();
  }
});
