import type { ServerFrame } from "../core/protocol.ts";
import type { ReplayBudget } from "../core/recovery/budget.ts";
import type { ReplayFrame } from "../core/recovery/replay.ts";
import type { Consumer, Format } from "../core/types.ts";
import type { Gate } from "./authorize.ts";
import type { WebsocketEvent } from "./lambda-types.ts";
import type { UserTopics } from "./user-topics.ts";
import type { Validate } from "./validate.ts";

/** The connection that sent a message, and what limits what it may do. */
export interface ActionContext {
  gate: Gate;
  validate?: Validate | undefined;
  maxSubscriptions: number;
  /** Whether clients may be members of topics. */
  presence: boolean;
  /** Whether a heartbeat marks the connection's memberships as active. */
  markActivity: boolean;
  userTopics: UserTopics;
  consumer: Consumer;
  event: WebsocketEvent;
  /** When Lambda ends this invocation, by the ports' clock. Infinity if that is not known. */
  endsAtMs: number;
  /** What this message may still cause to be read and posted. */
  budget: ReplayBudget;
}

/** A reply, if the client asked for one, and then the events that the client missed. */
export interface Reaction {
  reply?: ServerFrame | undefined;
  frames?: readonly ReplayFrame[];
  /** Whether the frames are EVENTS messages, which repeat the nonce, or the bare data. Default `event`. */
  format?: Format;
}
