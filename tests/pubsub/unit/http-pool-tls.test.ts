import type { TLSSocket } from "node:tls";
import { expect, it } from "vitest";
import type { Exchanged } from "../../../packages/pubsub/src/aws/transport/exchange.ts";
import { createHttpPool, type HttpPool } from "../../../packages/pubsub/src/aws/transport/http-pool.ts";
import { within } from "../../support/eventually.ts";
import { resolveHostsTo, trustLocalhost } from "../../support/network.ts";
import { answerOf, type RawServer, startRawServer } from "../../support/raw-server.ts";

const CLOSING = answerOf("x", "connection: close\r\n");

const poolTo = ({ port }: RawServer, hostname: string = "localhost"): HttpPool =>
  createHttpPool({ secure: true, hostname, port });

const send = (pool: HttpPool, body: string = ""): Promise<Exchanged> => {
  const head = `POST / HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n`;
  const end = new Promise<Exchanged>((resolve) => pool.exchange(head, Buffer.from(body), resolve));
  return within("end of a request", end);
};

it.each([
  ["localhost", "localhost"],
  ["127.0.0.1", false],
])("keeps a TLS connection to %s alive, and sends %s as the server name (SNI)", async (hostname, asked) => {
  trustLocalhost();
  const server = await startRawServer({
    secure: true,
    onRequest: ({ body, answer }) => answer(answerOf(`${body.length}`)),
  });
  const pool = poolTo(server, hostname);
  for (const bytes of [0, 100, 131_072]) {
    expect(await send(pool, "x".repeat(bytes))).toMatchObject({ status: 200, body: `${bytes}` });
  }
  expect(server.sockets).toHaveLength(1);
  const [socket] = server.sockets as TLSSocket[];
  expect(socket?.servername).toBe(asked);
  expect(socket?.alpnProtocol).toBe("http/1.1");
});

it("resumes the TLS session on every connection except the first", async () => {
  trustLocalhost();
  const server = await startRawServer({ secure: true, onRequest: ({ answer }) => answer(CLOSING) });
  const pool = poolTo(server);
  for (let index = 0; index < 4; index++) expect(await send(pool)).toMatchObject({ status: 200 });
  expect(server.resumed).toEqual([false, true, true, true]);
});

// The pool used to offer the session again and again to a server that could not resume it
it("does not resume a TLS session after a connection that resumed it broke", async () => {
  trustLocalhost();
  const server = await startRawServer({
    secure: true,
    onRequest({ connection, answer, reset }) {
      if (server.resumed[connection]) reset();
      else answer(CLOSING);
    },
  });
  const pool = poolTo(server);
  expect(await send(pool)).toMatchObject({ status: 200 });
  expect(await send(pool)).toMatchObject({ problem: "ECONNRESET" });
  expect(await send(pool)).toMatchObject({ status: 200 });
  expect(server.resumed).toEqual([false, true, false]);
});

const refused = (problem: string): Exchanged => ({ kind: "no-connection", problem, retryable: false });

it("sends nothing to a server with a self-signed certificate, and reports that a retry is useless", async () => {
  const server = await startRawServer({ secure: true });
  expect(await send(poolTo(server))).toEqual(refused("DEPTH_ZERO_SELF_SIGNED_CERT"));
  expect(server.requests).toEqual([]);
});

it("sends nothing to a server with another host's certificate, and reports that a retry is useless", async () => {
  trustLocalhost();
  const server = await startRawServer({ secure: true });
  resolveHostsTo("127.0.0.1");
  expect(await send(poolTo(server, "other.invalid"))).toEqual(refused("ERR_TLS_CERT_ALTNAME_INVALID"));
  expect(server.requests).toEqual([]);
});

it("ends a request to a server that does not speak TLS, and reports that a retry is possible", async () => {
  trustLocalhost();
  const server = await startRawServer({ onRequest: ({ socket }) => void socket.end("what?") });
  const sent = send(poolTo(server));
  while (server.sockets.length === 0) await new Promise(setImmediate);
  server.sockets[0]?.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  expect(await sent).toEqual({
    kind: "no-connection",
    problem: "ERR_SSL_WRONG_VERSION_NUMBER",
    retryable: true,
  });
});
