import type { Pubsub } from "../api/create-pubsub.ts";
import { isPubsubError, type PubsubErrorCode } from "../core/errors.ts";
import type { EventsFrame } from "../core/frames.ts";
import type { Observe } from "../core/pipeline-events.ts";
import type { ClientAction, ClientFrame, ServerFrame } from "../core/protocol.ts";
import { heal } from "../core/recovery/heal.ts";
import { missingSince, newReplayBudget } from "../core/recovery/replay.ts";
import type { Grant } from "../core/subscriptions/grant.ts";
import { type Subscribed, subscribe, unsubscribe } from "../core/subscriptions/subscribe.ts";
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
  { action, topicId, format, since, token, requestId }: ClientFrame<"SUBSCRIBE">,
): Promise<Reaction> {
  const { verdict, grant } = await decideAccess(gate, { action, topicId, token, consumer, event });
  if (verdict !== "allowed") return { reply: { type: "ERROR", requestId, ...refusalOf(verdict, topicId) } };
  const request = { consumer, topicId, format, grant };
  const subscribed = await unlessRevoked(ports.observe, request, () =>
    subscribe(ports, request, { ...logSettings, maxSubscriptions }),
  );
  if ("verdict" in subscribed) {
    return { reply: { type: "ERROR", requestId, ...refusalOf(subscribed.verdict, topicId) } };
  }
  const { epoch, offset, expiresAtSeconds: expiresAt } = subscribed;
  const position: Position = { epoch, offset };
  const between = { since: since ?? position, position };
  const missing = await missingSince(ports, topicId, between, newReplayBudget());
  const recovered = typeof missing !== "string";
  const frames = recovered ? missing : [];
  if (requestId === undefined) return { frames };
  const end = expiresAt === undefined ? {} : { expiresAt };
  return { reply: { type: "SUBSCRIBED", requestId, topicId, ...position, recovered, ...end }, frames };
}

/**
 * Returns the verdict if access was revoked after it was decided. A permission that was given before, such as a token, is
 * refused from now on. A decision of the hook is only out of date: the client asks again.
 */
async function unlessRevoked(
  observe: Observe,
  { consumer, topicId, grant }: { consumer: Consumer; topicId: string; grant?: Grant | undefined },
  act: () => Promise<Subscribed>,
): Promise<Subscribed | { verdict: Exclude<Verdict, "allowed"> }> {
  try {
    return await act();
  } catch (error) {
    if (!isPubsubError(error, "ACCESS_REVOKED")) throw error;
    const isIssued = grant?.issuedAtMs !== undefined && grant.issuedAtMs <= Number(error.context.revokedAtMs);
    const name = { action: "SUBSCRIBE", topicId, consumer };
    const reason = `access was revoked after the ${isIssued ? "permission was given" : "hook was called"}`;
    observe({ event: isIssued ? "access-denied" : "authorize-failed", ...name, reason });
    return { verdict: isIssued ? "denied" : "undecided" };
  }
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
