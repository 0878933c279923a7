import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import type { Exchanged } from "../../../packages/pubsub/src/aws/transport/exchange.ts";
import { createHttpPool } from "../../../packages/pubsub/src/aws/transport/http-pool.ts";
import { within } from "../../support/eventually.ts";
import { trustLocalhost } from "../../support/network.ts";
import { answerOf, tlsOptions } from "../../support/raw-server.ts";

/** This is more than the buffers of two sockets hold. */
const BODY = Buffer.alloc(32 * 1_048_576, "x");

/** Posts a large body to a server that responds after the head and does not read the body. */
async function postEarly(secure: boolean, answer: string): Promise<{ end: Exchanged; socket: Socket }> {
  if (secure) trustLocalhost();
  const sockets: Socket[] = [];
  const accept = (socket: Socket): void => {
    sockets.push(socket.on("error", () => {}));
    socket.once("data", () => {
      socket.pause();
      socket.write(answer);
    });
  };
  const server = secure ? createTlsServer(tlsOptions(), accept) : createServer(accept);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const pool = createHttpPool({ secure, hostname: "localhost", port });
  const head = `POST / HTTP/1.1\r\ncontent-length: ${BODY.byteLength}\r\n\r\n`;
  const end = await within(
    "end of the request",
    new Promise<Exchanged>((resolve) => pool.exchange(head, BODY, resolve)),
  );
  return { end, socket: sockets[0] as Socket };
}

it.each([false, true])(
  "reports a failure and closes the connection if a 200 arrives before the whole request is sent; TLS: %s",
  async (secure) => {
    const { end, socket } = await postEarly(secure, answerOf("taken"));
    expect(end).toEqual({
      kind: "bad-answer",
      problem: "a response before the request was sent",
      retryable: true,
    });
    const closed = once(socket, "close");
    socket.resume();
    await within("close", closed);
  },
);

it.each([false, true])(
  "returns a 413 that arrives before the whole request is sent, and closes the connection; TLS: %s",
  async (secure) => {
    const { end, socket } = await postEarly(secure, answerOf("no").replace("200 OK", "413 Too Large"));
    expect(end).toMatchObject({ status: 413, body: "no" });
    const closed = once(socket, "close");
    socket.resume();
    await within("close", closed);
  },
);
