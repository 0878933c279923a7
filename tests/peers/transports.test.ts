import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { tlsOptions } from "../support/raw-server.ts";
import { trackTransports } from "../support/transports.ts";

// Without this, a test of a proxy waited in its hook until it failed
it("ends a TLS server with a connection that has not begun its handshake", async () => {
  const server = createServer(tlsOptions());
  const transports = trackTransports(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const closed = once(client, "close");
  await accepted;
  await transports.stop();
  await closed;
  expect(server.listening).toBe(false);
});
