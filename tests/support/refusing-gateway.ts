/**
 * A proxy in front of the local gateway. After `refuse(true)` it rejects every request that the SDK did not send, and
 * forwards the SDK's requests.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RefusingGateway {
  managementEndpoint: string;
  /** The number of rejected requests, and the number of forwarded requests of the SDK. */
  counts: { refused: number; forwarded: number };
  /** At first, and after `refuse(false)`, the proxy forwards every request and counts none. */
  refuse(refuses: boolean): void;
  /** Sets the address of the gateway. Call it when the gateway listens. */
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
