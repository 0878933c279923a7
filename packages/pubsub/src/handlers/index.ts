export type { Authorize, AuthorizeDecision, AuthorizeRequest } from "./authorize.ts";
export { createFanoutHandler, type FanoutHandlerOptions } from "./fanout.ts";
export type {
  WebsocketEvent,
  WebsocketIdentity,
  WebsocketRequestContext,
  WebsocketResult,
} from "./lambda-types.ts";
export type { ChooseSubprotocol, SubprotocolOption } from "./subprotocol.ts";
export { createWebsocketHandler, type WebsocketHandlerOptions } from "./websocket.ts";
