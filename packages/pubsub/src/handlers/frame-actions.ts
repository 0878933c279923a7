import type { Pubsub } from "../api/create-pubsub.ts";
import type { PubsubErrorCode } from "../core/errors.ts";
import type { EventsFrame } from "../core/frames.ts";
import type { ClientAction, ClientFrame, ServerFrame } from "../core/protocol.ts";
import { heal } from "../core/recovery/heal.ts";
import { missingSince, newReplayBudget } from "../core/recovery/replay.ts";
import { subscribe, unsubscribe } from "../core/subscriptions/subscribe.ts";
import type { Consumer, Position } from "../core/types.ts";
import { decideAccess, type Gate, type Verdict } from "./authorize.ts";
import type { WebsocketEvent } from "./lambda-types.ts";

/** The connection that sent a message, and what limits its subscriptions. */
export interface ActionContext {
  gate: Gate;
  maxSubscriptions: number;
  consumer: Consumer;
  event: WebsocketEvent;
  /** When Lambda ends this invocation, by the ports' clock. Infinity if that is not known. */
  endsAtMs: number;
}

/** A reply, if the client asked for one, and then the events that the client missed. */
export interface Reaction {
  reply?: ServerFrame | undefined;
  frames?: readonly EventsFrame[];
}

type Act<Action extends ClientAction> = (
  pubsub: Pubsub,
  context: ActionContext,
  frame: ClientFrame<Action>,
) => Promise<Reaction>;

/** An action without an entry here does not compile. */
const acts: { [Action in ClientAction]: Act<Action> } = {
  SUBSCRIBE: subscribeAndCatchUp,
  UNSUBSCRIBE: unsubscribeFrom,
  PING: ping,
};

/** Handles a decoded message. Rejects with what the ports reject with. */
export function act<Action extends ClientAction>(
  pubsub: Pubsub,
  context: ActionContext,
  frame: ClientFrame<Action>,
): Promise<Reaction> {
  const { action }: { action: Action } = frame;
  return acts[action](pubsub, context, frame);
}

async function subscribeAndCatchUp(
  { ports, logSettings }: Pubsub,
  { gate, maxSubscriptions, consumer, event }: ActionContext,
  { action, topicId, format, since, token, requestId, nonce }: ClientFrame<"SUBSCRIBE">,
): Promise<Reaction> {
  const { verdict } = await decideAccess(gate, { action, topicId, token, consumer, event });
  if (verdict !== "allowed") return { reply: { type: "ERROR", requestId, ...refusalOf(verdict, topicId) } };
  const { epoch, offset } = await subscribe(
    ports,
    { consumer, topicId, format, nonce },
    { ...logSettings, maxSubscriptions },
  );
  const position: Position = { epoch, offset };
  const between = { since: since ?? position, position };
  const missing = await missingSince(ports, topicId, between, newReplayBudget());
  const recovered = typeof missing !== "string";
  const frames = recovered ? missing : [];
  if (requestId === undefined) return { frames };
  return { reply: { type: "SUBSCRIBED", requestId, topicId, ...position, recovered }, frames };
}

/** A client gives up after FORBIDDEN, and tries again after AUTHORIZE_FAILED. */
function refusalOf(
  verdict: Exclude<Verdict, "allowed">,
  topicId: string,
): { code: PubsubErrorCode; message: string } {
  if (verdict === "denied") return { code: "FORBIDDEN", message: `not allowed to subscribe to ${topicId}` };
  const message = `could not decide whether you may subscribe to ${topicId}; try again later`;
  return { code: "AUTHORIZE_FAILED", message };
}

async function unsubscribeFrom(
  { ports }: Pubsub,
  { consumer }: ActionContext,
  { topicId, requestId }: ClientFrame<"UNSUBSCRIBE">,
): Promise<Reaction> {
  await unsubscribe(ports, { consumer, topicId });
  return requestId === undefined ? {} : { reply: { type: "UNSUBSCRIBED", requestId, topicId } };
}

async function ping(
  { ports, logSettings }: Pubsub,
  { consumer, endsAtMs }: ActionContext,
  { requestId, positions: asked }: ClientFrame<"PING">,
): Promise<Reaction> {
  const { positions, frames } = await heal(ports, { consumer, asked, endsAtMs }, logSettings);
  if (requestId === undefined) return { frames };
  const current = asked.size > 0 ? { positions: Object.fromEntries(positions) } : {};
  return { reply: { type: "PONG", requestId, ...current }, frames };
}
