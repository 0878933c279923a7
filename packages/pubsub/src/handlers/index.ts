export type { Authorize, AuthorizeDecision, AuthorizeRequest } from "./authorize.ts";
export type { ConnectionUser } from "./connection-user.ts";
export { createFanoutHandler, type FanoutHandlerOptions } from "./fanout.ts";
export type { HttpAuthorize, HttpAuthorizeRequest } from "./http/access.ts";
export type { HttpEvent, HttpRequestContext, HttpResult } from "./http/http-types.ts";
export { createPublishHandler, type PublishHandlerOptions } from "./http/publish-handler.ts";
export type {
  WebsocketEvent,
  WebsocketIdentity,
  WebsocketRequestContext,
  WebsocketResult,
} from "./lambda-types.ts";
export type { ChooseSubprotocol, SubprotocolOption } from "./subprotocol.ts";
export type { Validate, ValidateRequest } from "./validate.ts";
export { createWebsocketHandler, type WebsocketHandlerOptions } from "./websocket.ts";
