import { once } from "node:events";
import type { Server, Socket } from "node:net";

export interface Transports {
  /** Returns the TCP socket with this port at the other end. Only a TCP socket can be reset. */
  of(remotePort: number | undefined): Socket | undefined;
  /** Ends all connections and the server. */
  stop(): Promise<void>;
}

/**
 * Follows the TCP sockets of a server, also those under TLS. A server that closes waits for all of them, and its own list
 * of connections misses some: those that have not begun their TLS handshake, and those whose reset never ends.
 */
export function trackTransports(server: Server): Transports {
  const sockets = new Set<Socket>();
  const byPort = new Map<number | undefined, Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    byPort.set(socket.remotePort, socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return {
    of: (remotePort) => byPort.get(remotePort),
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
