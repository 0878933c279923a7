import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { urlHost } from "./url-host.ts";

export interface Listening {
  /** Without a slash at its end. */
  url: string;
  /** Ends all connections, also those in use. */
  stop(): Promise<void>;
}

/** Lets a server listen, at a free port by default. Rejects if it cannot, for example because the port is in use. */
export async function listenHttp(
  server: Server,
  { host, port = 0 }: { host: string; port?: number | undefined },
): Promise<Listening> {
  server.listen(port, host);
  await once(server, "listening");
  return {
    url: `http://${urlHost(host)}:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
