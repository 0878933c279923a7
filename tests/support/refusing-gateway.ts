/**
 * A proxy in front of the local gateway. After `refuse(true)` it refuses requests that are not the SDK's, and forwards the
 * others.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RefusingGateway {
  managementEndpoint: string;
  /** How many requests were refused, and how many of the SDK were forwarded. */
  counts: { refused: number; forwarded: number };
  /** At first, and after `false`, everything is forwarded and nothing is counted. */
  refuse(refuses: boolean): void;
  /** Where the gateway listens, as soon as it does. */
  forwardTo(websocketUrl: string): void;
  stop(): Promise<void>;
}

const isOfSdk = ({ headers }: IncomingMessage): boolean =>
  /aws-sdk-js\//.test(`${headers["user-agent"]} ${headers["x-amz-user-agent"]}`);

export async function startRefusingGateway(
  refuse: (response: ServerResponse) => void,
): Promise<RefusingGateway> {
  const counts = { refused: 0, forwarded: 0 };
  let target = "";
  let refuses = false;

  function forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = incoming;
    const outgoing = request(`${target}${url}`, { method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    incoming.pipe(outgoing);
  }

  const server: Server = createServer((incoming, response) => {
    if (!refuses) return forward(incoming, response);
    const ofSdk = isOfSdk(incoming);
    counts[ofSdk ? "forwarded" : "refused"] += 1;
    if (ofSdk) return forward(incoming, response);
    incoming.resume().on("end", () => refuse(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    managementEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/$default`,
    counts,
    refuse(next) {
      refuses = next;
    },
    forwardTo(websocketUrl) {
      target = `http://${new URL(websocketUrl).host}`;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
