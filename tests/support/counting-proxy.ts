import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Passes TCP connections on to another server, and counts them. */
export interface CountingProxy {
  /** `ws://…`, the same as the other server's but for the port. */
  url: string;
  /** How many connections have been opened so far. */
  readonly opened: number;
  /** How many connections are open now. */
  readonly open: number;
  stop(): Promise<void>;
}

export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let opened = 0;
  const server = createServer((socket) => {
    opened += 1;
    sockets.add(socket);
    const upstream = connect(Number(port), hostname);
    for (const [end, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      end.pipe(other);
      // A reset ends both, and is counted like any other end
      end.on("error", () => other.destroy());
      end.on("close", () => other.destroy());
    }
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, hostname);
  await once(server, "listening");
  const url = new URL(target);
  url.port = `${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    get opened() {
      return opened;
    },
    get open() {
      return sockets.size;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
