import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface RefusingServer {
  url: string;
  /** Returns the number of requests so far. */
  requests(): number;
  stop(): Promise<void>;
}

/** Starts a server that behaves like AWS for a caller without permissions: it rejects every call. */
export async function startRefusingServer(): Promise<RefusingServer> {
  let requests = 0;
  const body = JSON.stringify({
    __type: "com.amazon.coral.validate#ValidationException",
    message: "refused",
  });
  const server = createServer((request, response) => {
    requests += 1;
    request
      .resume()
      .on("end", () => response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
