import type { Pubsub } from "../api/create-pubsub.ts";
import { atMostFor } from "../core/at-most-for.ts";
import { isPubsubError, PubsubError, type PubsubErrorCode } from "../core/errors.ts";
import type { EventsFrame } from "../core/frames.ts";
import type { Observe } from "../core/pipeline-events.ts";
import type { Clock } from "../core/ports.ts";
import type { ClientAction, ClientFrame, ServerFrame } from "../core/protocol.ts";
import { priceOfUnits, type ReplayBudget } from "../core/recovery/budget.ts";
import { heal } from "../core/recovery/heal.ts";
import { type Missing, missingSince } from "../core/recovery/replay.ts";
import type { Grant } from "../core/subscriptions/grant.ts";
import { type Subscribed, subscribeAtEnd, unsubscribe } from "../core/subscriptions/subscribe.ts";
import type { Consumer } from "../core/types.ts";
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
  /** What this message may still cause to be read and posted. */
  budget: ReplayBudget;
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
  { gate, maxSubscriptions, consumer, event, budget }: ActionContext,
  { action, topicId, format, since, token, requestId, nonce }: ClientFrame<"SUBSCRIBE">,
): Promise<Reaction> {
  const { verdict, grant } = await decideAccess(gate, { action, topicId, token, consumer, event });
  if (verdict !== "allowed") return { reply: { type: "ERROR", requestId, ...refusalOf(verdict, topicId) } };
  const request = { consumer, topicId, format, nonce, grant };
  const subscribed = await unlessRevoked(ports.observe, request, () =>
    subscribeAtEnd(ports, request, { ...logSettings, maxSubscriptions }),
  );
  if ("verdict" in subscribed) {
    return { reply: { type: "ERROR", requestId, ...refusalOf(subscribed.verdict, topicId) } };
  }
  const { position, bytesSoFar, readUnits, expiresAtSeconds: expiresAt } = subscribed;
  budget.spend(SUBSCRIBE_PRICE + priceOfUnits(readUnits));
  const gap = { since: since ?? position, position, bytesSoFar };
  const missing = await inTime(ports.clock, budget, missingSince(ports, topicId, gap, budget));
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

/**
 * What a SUBSCRIBE costs beside its message and what it reads of the log, in millionths of a dollar: the row in the table
 * and in the index, and the count of the connection's 100 rows.
 */
const SUBSCRIBE_PRICE = 2.5;

/** Our own limit: how long a SUBSCRIBE reads what the client missed. */
const CATCH_UP_MS_MAX = 3_000;

/**
 * Returns what is missing. Throws `RATE_LIMITED` if it may not be replayed now, and `STORAGE_FAILED` if it could not be
 * read in time. Neither is `recovered: false`, which would be the end of the client's history.
 */
async function inTime(
  clock: Clock,
  budget: ReplayBudget,
  reading: Promise<Missing>,
): Promise<Exclude<Missing, "later">> {
  const missing = await atMostFor<Missing | "late">(clock, CATCH_UP_MS_MAX, reading, "late");
  if (missing === "late") {
    budget.close();
    // Nobody waits for it any more
    reading.catch(() => undefined);
    throw new PubsubError("STORAGE_FAILED", `no response within ${CATCH_UP_MS_MAX} ms`, { retryable: true });
  }
  if (missing === "later") {
    const message = "this connection has been sent too much; try again later";
    throw new PubsubError("RATE_LIMITED", message, { retryable: true });
  }
  return missing;
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
  { consumer, endsAtMs, budget }: ActionContext,
  { requestId, positions: asked }: ClientFrame<"PING">,
): Promise<Reaction> {
  const { positions, frames } = await heal(ports, { consumer, asked, endsAtMs, budget }, logSettings);
  if (requestId === undefined) return { frames };
  const current = asked.size > 0 ? { positions: Object.fromEntries(positions) } : {};
  return { reply: { type: "PONG", requestId, ...current }, frames };
}
