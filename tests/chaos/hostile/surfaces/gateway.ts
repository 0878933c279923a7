import { once } from "node:events";
import { WebSocket } from "ws";
import { type GatewayLogEntry, startGateway } from "../../../../packages/local/src/gateway/index.ts";
import { within } from "../../../support/eventually.ts";
import { SECRET } from "../inputs/awkward.ts";
import { type GatewayInput, gatewayInputs } from "../inputs/requests.ts";
import { exchange } from "../raw-exchange.ts";
import { signRequest } from "../sign-request.ts";
import { type Surface, Violation } from "../surface.ts";

const credentials = { accessKeyId: "AKIALOCAL", secretAccessKey: "local-secret" };
const region = "us-east-1";
const UNLIMITED = 1_000_000_000;

/**
 * Starts the local gateway, which gets raw bytes and correctly signed requests over real sockets. Another client is
 * connected during the whole run. It must not get a frame, unless an accepted request names its connection.
 */
export async function startGatewaySurface(): Promise<Surface<GatewayInput>> {
  const logged: GatewayLogEntry[] = [];
  let messages = 0;
  const gateway = await startGateway({
    region,
    credentials,
    limits: {
      connectsPerSecond: UNLIMITED,
      connectBurst: UNLIMITED,
      postsPerSecond: UNLIMITED,
      postBurst: UNLIMITED,
    },
    async invoke({ requestContext }) {
      if (requestContext.routeKey === "$default") messages += 1;
      return { statusCode: 200 };
    },
    log: (entry) => logged.push(entry),
  });
  const bystander = new WebSocket(gateway.websocketUrl);
  const received: string[] = [];
  bystander.on("message", (data) => received.push(String(data)));
  await once(bystander, "open");
  const [connectionId = ""] = gateway.connectionIds();
  const signing = { host: gateway.domainName, region, ...credentials };
  const toBytes = ({ raw = "", signed }: GatewayInput): Buffer =>
    signed ? signRequest(signed, signing) : Buffer.from(raw, "latin1");

  return {
    inputs: gatewayInputs,
    async attempt(input) {
      const messagesBefore = messages;
      const receivedBefore = received.length;
      const { statuses, ended } = await exchange(gateway.port, toBytes(input));
      checkLog(logged);
      if (!ended) throw new Violation("the gateway neither responded nor closed the connection");
      const failure = statuses.find((status) => status >= 500 && status !== 501 && status !== 505);
      if (failure !== undefined) throw new Violation(`expected a status below 500; got ${failure}`);
      const accepted = statuses.some((status) => status < 400 || status === 410);
      const written = messages - messagesBefore + received.length - receivedBefore;
      return { accepted, rowsWritten: accepted ? 0 : written };
    },
    /** Checks that the gateway still works: a post reaches the client, and a new client can connect. */
    async stop() {
      try {
        const path = `/$default/@connections/${encodeURIComponent(connectionId)}`;
        const arrived = within("frame of a post", once(bystander, "message"));
        const request = signRequest({ method: "POST", path, body: "still here", headers: [] }, signing);
        const { statuses } = await exchange(gateway.port, request);
        if (statuses[0] !== 200)
          throw new Violation(`a valid post at the end must get status 200; got ${statuses[0]}`);
        if (String((await arrived)[0]) !== "still here")
          throw new Violation("a valid post at the end did not arrive");
        const latecomer = new WebSocket(gateway.websocketUrl);
        await within("handshake", once(latecomer, "open"));
        latecomer.terminate();
      } finally {
        bystander.terminate();
        await gateway.stop();
      }
    },
  };
}

/** The host or the origin that a refusal names, which is no payload. */
const REFUSED_NAME = /(?:not to the host|Pages of) "(?:[^"\\]|\\.)*"/;

/** Throws if the gateway has logged an error, which means an unexpected failure, or a payload. */
function checkLog(logged: GatewayLogEntry[]): void {
  const entries = logged.splice(0);
  const error = entries.find(({ level }) => level === "error");
  if (error) throw new Violation(`${error.message}: ${(error.error as Error | undefined)?.stack}`);
  const withoutNames = entries.map((entry) => ({
    ...entry,
    message: entry.message.replace(REFUSED_NAME, ""),
  }));
  if (JSON.stringify(withoutNames).includes(SECRET)) throw new Violation("the log contains a payload");
}
