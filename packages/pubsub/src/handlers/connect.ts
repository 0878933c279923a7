import type { Ports } from "../core/ports.ts";
import type { Consumer } from "../core/types.ts";
import { decideAccess, type Gate, reportDecision, type Verdict } from "./authorize.ts";
import { noUser } from "./connection-user.ts";
import { identifyConnection } from "./identify-connection.ts";
import type { WebsocketEvent, WebsocketResult } from "./lambda-types.ts";
import { chooseSubprotocol, type SubprotocolOption } from "./subprotocol.ts";
import type { UserTopics } from "./user-topics.ts";

export interface ConnectSettings {
  gate: Gate;
  subprotocol: SubprotocolOption;
  userTopics: UserTopics;
}

type ConnectPorts = Pick<Ports, "subscriptions" | "log" | "queue" | "clock" | "observe">;

/** 403 is for a decision only. After a 500, a client may try again. */
const REFUSED_WITH: Record<Exclude<Verdict, "allowed">, number> = { denied: 403, undecided: 500 };

/**
 * Lets a client connect or not, and names its subprotocol. If a client offers subprotocols and gets none, API Gateway opens
 * the connection, and the client ends it: browsers, Node and `ws` require one of those that they offered.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
 *
 * If the hook said whose connection it is, that is in the table before the client can send anything.
 */
export async function connect(
  ports: ConnectPorts,
  { gate, subprotocol: option, userTopics }: ConnectSettings,
  consumer: Consumer,
  event: WebsocketEvent,
): Promise<WebsocketResult> {
  const asked = { action: "CONNECT", consumer } as const;
  const {
    verdict,
    subprotocol: authorized,
    grant,
  } = await decideAccess(gate, { ...asked, user: noUser, event });
  if (verdict !== "allowed") return { statusCode: REFUSED_WITH[verdict] };
  let stage = "choose-subprotocol";
  try {
    const chosen = chooseSubprotocol({ option, authorized, event });
    stage = "identify-connection";
    const { userId } = grant ?? {};
    if (grant && userId !== undefined) {
      const outcome = await identifyConnection(ports, consumer, { userTopics, userId, grant });
      if (outcome === "revoked") {
        const reason = "access was revoked after the permission was given";
        reportDecision(gate.observe, asked, { verdict: "denied", reason });
        return { statusCode: REFUSED_WITH.denied };
      }
    }
    if (chosen === undefined) return { statusCode: 200 };
    return { statusCode: 200, headers: { "Sec-WebSocket-Protocol": chosen } };
  } catch (error) {
    gate.observe({ event: "background-failure", stage, error });
    return { statusCode: 500 };
  }
}
