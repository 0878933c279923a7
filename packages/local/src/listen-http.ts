import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { listening, type PortUse } from "./ports.ts";
import { urlHost } from "./url-host.ts";

export interface Listening {
  /** Without a slash at its end. */
  url: string;
  /** Ends all connections, also those in use. */
  stop(): Promise<void>;
}

/**
 * Lets a server listen, at a free port by default.
 *
 * @throws PubsubLocalError PORT_IN_USE, HOST_NOT_AVAILABLE
 */
export async function listenHttp(server: Server, use: PortUse): Promise<Listening> {
  const { host, port = 0 } = use;
  server.listen(port, host);
  await listening(server, use);
  return {
    url: `http://${urlHost(host)}:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
