import { expect, it } from "vitest";
import type { Exchanged } from "../../../packages/pubsub/src/aws/transport/exchange.ts";
import { createHttpPool } from "../../../packages/pubsub/src/aws/transport/http-pool.ts";
import { within } from "../../support/eventually.ts";
import { trustLocalhost } from "../../support/network.ts";
import { answerOf, type RawRequest, startRawServer } from "../../support/raw-server.ts";

/** Posts in parallel lanes, each with one request after the other. Returns how the requests ended. */
async function postTo(
  { port, secure = false }: { port: number; secure?: boolean },
  { lanes, requests }: { lanes: number; requests: number },
): Promise<Exchanged[]> {
  const pool = createHttpPool({ secure, hostname: secure ? "localhost" : "127.0.0.1", port });
  const ends: Exchanged[] = [];
  const post = (): Promise<Exchanged> =>
    new Promise((resolve) => pool.exchange("POST / HTTP/1.1\r\n\r\n", Buffer.alloc(0), resolve));
  const lane = async (): Promise<void> => {
    for (let index = 0; index < requests; index++) ends.push(await within("end", post()));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return ends;
}

const problemsOf = (ends: readonly Exchanged[]): string[] =>
  ends.flatMap((end) => ("problem" in end ? [end.problem] : []));

// Half of the requests used to go out on connections whose end was already in the socket, unread
it.each([
  { lanes: 1, secure: false },
  { lanes: 20, secure: false },
  { lanes: 1, secure: true },
  { lanes: 20, secure: true },
])(
  "completes every request to a front end that closes after each response: $lanes lanes, TLS $secure",
  async (way) => {
    if (way.secure) trustLocalhost();
    const server = await startRawServer({
      secure: way.secure,
      onRequest: ({ socket }) => void socket.end(answerOf("x")),
    });
    const ends = await postTo({ ...server, ...way }, { lanes: way.lanes, requests: 40 });
    expect(problemsOf(ends)).toEqual([]);
    expect(server.sockets).toHaveLength(way.lanes * 40);
  },
);

it("completes every request to a front end that closes each connection with its third response", async () => {
  const answers = new Map<number, number>();
  const server = await startRawServer({
    onRequest({ connection, socket, answer }: RawRequest) {
      const count = (answers.get(connection) ?? 0) + 1;
      answers.set(connection, count);
      if (count % 3 === 0) socket.end(answerOf("x"));
      else answer(answerOf("x"));
    },
  });
  const ends = await postTo(server, { lanes: 5, requests: 60 });
  expect(problemsOf(ends)).toEqual([]);
});

it("reuses connections again once a front end stops closing them after each response", async () => {
  let closes = true;
  const server = await startRawServer({
    onRequest: ({ socket }) => void (closes ? socket.end(answerOf("x")) : socket.write(answerOf("x"))),
  });
  const pool = createHttpPool({ secure: false, hostname: "127.0.0.1", port: server.port });
  const post = (): Promise<Exchanged> =>
    new Promise((resolve) => pool.exchange("POST / HTTP/1.1\r\n\r\n", Buffer.alloc(0), resolve));
  for (let index = 0; index < 5; index++) expect(await post()).toMatchObject({ body: "x" });
  closes = false;
  // The pool learns this from a connection that is still open one second after its response
  for (let used = 0, opened = 0; used === opened; used++) {
    expect(await post()).toMatchObject({ body: "x" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    opened = server.sockets.length - 5 - 1;
    expect(used).toBeLessThan(2_000);
  }
});
