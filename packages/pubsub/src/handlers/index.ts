export type { Authorize, AuthorizeRequest } from "./authorize.ts";
export { createFanoutHandler, type FanoutHandlerOptions } from "./fanout.ts";
export type { WebsocketEvent, WebsocketResult } from "./lambda-types.ts";
export { createWebsocketHandler, type WebsocketHandlerOptions } from "./websocket.ts";
