import type { Consumer } from "../core/types.ts";
import { decideAccess, type Gate, type Verdict } from "./authorize.ts";
import type { WebsocketEvent, WebsocketResult } from "./lambda-types.ts";
import { chooseSubprotocol, type SubprotocolOption } from "./subprotocol.ts";

export interface ConnectSettings {
  gate: Gate;
  subprotocol: SubprotocolOption;
}

/** 403 is for a decision only. After a 500, a client may try again. */
const REFUSED_WITH: Record<Exclude<Verdict, "allowed">, number> = { denied: 403, undecided: 500 };

/**
 * Lets a client connect or not, and names its subprotocol. If a client offers subprotocols and gets none, API Gateway opens
 * the connection, and the client ends it: browsers, Node and `ws` require one of those that they offered.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
 */
export async function connect(
  { gate, subprotocol: option }: ConnectSettings,
  consumer: Consumer,
  event: WebsocketEvent,
): Promise<WebsocketResult> {
  const { verdict, subprotocol: authorized } = await decideAccess(gate, {
    action: "CONNECT",
    consumer,
    event,
  });
  if (verdict !== "allowed") return { statusCode: REFUSED_WITH[verdict] };
  try {
    const chosen = chooseSubprotocol({ option, authorized, event });
    if (chosen === undefined) return { statusCode: 200 };
    return { statusCode: 200, headers: { "Sec-WebSocket-Protocol": chosen } };
  } catch (error) {
    gate.observe({ event: "background-failure", stage: "choose-subprotocol", error });
    return { statusCode: 500 };
  }
}
