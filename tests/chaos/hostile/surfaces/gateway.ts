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
 * The local gateway's port, over real sockets: raw bytes, and requests signed as they must be. A client that is
 * connected all along may be sent nothing, unless a request that was accepted names it.
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
  const bytesOf = ({ raw = "", signed }: GatewayInput): Buffer =>
    signed ? signRequest(signed, signing) : Buffer.from(raw, "latin1");

  return {
    inputs: gatewayInputs,
    async attempt(input) {
      const messagesBefore = messages;
      const receivedBefore = received.length;
      const { statuses, ended } = await exchange(gateway.port, bytesOf(input));
      checkLog(logged);
      if (!ended) throw new Violation("neither answered nor closed");
      const failure = statuses.find((status) => status >= 500 && status !== 501 && status !== 505);
      if (failure !== undefined) throw new Violation(`answered ${failure}`);
      const accepted = statuses.some((status) => status < 400 || status === 410);
      const written = messages - messagesBefore + received.length - receivedBefore;
      return { accepted, rowsWritten: accepted ? 0 : written };
    },
    /** It must still do what it is for: a post reaches the client, and a client gets in. */
    async stop() {
      try {
        const path = `/%24default/@connections/${encodeURIComponent(connectionId)}`;
        const arrived = within("frame of a post", once(bystander, "message"));
        const request = signRequest({ method: "POST", path, body: "still here", headers: [] }, signing);
        const { statuses } = await exchange(gateway.port, request);
        if (statuses[0] !== 200) throw new Violation(`a correct post was answered ${statuses[0]} afterwards`);
        if (String((await arrived)[0]) !== "still here") throw new Violation("a correct post did not arrive");
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

/** What it logs of strangers are ids and statuses; an error is a failure that nobody thought of. */
function checkLog(logged: GatewayLogEntry[]): void {
  const entries = logged.splice(0);
  const error = entries.find(({ level }) => level === "error");
  if (error) throw new Violation(`${error.message}: ${(error.error as Error | undefined)?.stack}`);
  if (JSON.stringify(entries).includes(SECRET)) throw new Violation("the log says what was sent");
}
