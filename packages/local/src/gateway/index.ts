export type { GatewayCounts } from "./counts.ts";
export type { WebsocketEvent, WebsocketRequestContext } from "./event-types.ts";
export type {
  ConnectFault,
  ConnectSubject,
  DisconnectFault,
  DisconnectSubject,
  FaultAnswer,
  GatewayFaults,
  InitialFaults,
  PostFault,
  PostFaultAct,
  PostSubject,
} from "./fault-types.ts";
export { startGateway } from "./gateway.ts";
export { defaultLimits, type GatewayLimits } from "./limits.ts";
export type { PostLatency } from "./post-latency.ts";
export type { GatewayCredentials } from "./signature.ts";
export type { Gateway, GatewayLogEntry, GatewayOptions, PostRecord } from "./types.ts";
