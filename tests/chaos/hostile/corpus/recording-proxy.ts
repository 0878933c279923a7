import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface RecordingProxy {
  port: number;
  stop(): Promise<void>;
}

/** Forwards bytes. Calls `onRequest` with the bytes that a client sent before each response: a request. */
export async function startRecordingProxy(
  targetPort: number,
  onRequest: (bytes: Buffer) => void,
): Promise<RecordingProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, "127.0.0.1");
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    }
    let request: Buffer[] = [];
    client.on("data", (bytes) => request.push(bytes));
    target.on("data", () => {
      if (request.length > 0) onRequest(Buffer.concat(request));
      request = [];
    });
    client.pipe(target).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
