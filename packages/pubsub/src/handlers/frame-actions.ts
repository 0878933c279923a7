import type { Pubsub } from "../api/create-pubsub.ts";
import { atMostFor } from "../core/at-most-for.ts";
import { PubsubError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { ClientAction, ClientFrame } from "../core/protocol.ts";
import { priceOfUnits, type ReplayBudget } from "../core/recovery/budget.ts";
import { type CaughtUp, catchUp } from "../core/recovery/catch-up.ts";
import { heal } from "../core/recovery/heal.ts";
import { untilEnd } from "../core/recovery/replay.ts";
import { endMsOf } from "../core/subscriptions/end-of.ts";
import { subscribeAtEnd, unsubscribe } from "../core/subscriptions/subscribe.ts";
import { refusalOf, unlessRevoked } from "./access-refusal.ts";
import type { ActionContext, Reaction } from "./action-context.ts";
import { type Access, decideAccess } from "./authorize.ts";
import { createIdentityReader, type IdentityReader } from "./connection-user.ts";
import { joined, markActive, PRESENCE_PRICE, whyNoMember } from "./presence-frames.ts";
import { publishFrame } from "./publish-frame.ts";
import { decideOwnTopic } from "./user-topics.ts";

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
  PUBLISH: publishFrame,
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
  context: ActionContext,
  frame: ClientFrame<"SUBSCRIBE">,
): Promise<Reaction> {
  const { maxSubscriptions, consumer, budget } = context;
  const { action, format, since, last, latest, presence, requestId, nonce } = frame;
  const reader = createIdentityReader(ports, consumer);
  const { topicId, verdict, grant } = await decideSubscribe(context, frame, reader);
  const name = { action, topicId };
  if (verdict !== "allowed") return { reply: { type: "ERROR", requestId, ...refusalOf(verdict, name) } };
  const obstacle = presence && (await whyNoMember(context, grant, reader));
  if (obstacle) return { reply: { type: "ERROR", requestId, code: "FORBIDDEN", message: obstacle } };
  const request = { consumer, topicId, format, latest, nonce, grant, identity: reader.known, presence };
  const subscribed = await unlessRevoked(ports.observe, { action, ...request }, () =>
    subscribeAtEnd(ports, request, { ...logSettings, maxSubscriptions }),
  );
  if (subscribed.verdict !== "allowed") {
    return { reply: { type: "ERROR", requestId, ...refusalOf(subscribed.verdict, name) } };
  }
  const { position, readUnits, expiresAtSeconds: expiresAt } = subscribed.result;
  budget.spend(SUBSCRIBE_PRICE + priceOfUnits(readUnits));
  const { owner } = subscribed.result;
  const members = presence && (await joined({ ports, logSettings }, budget, { topicId, owner, presence }));
  const asked = { topicId, format, since, last, latest, end: subscribed.result };
  const { says, ...caughtUp } = await inTime(ports.clock, budget, catchUp(ports, asked, budget));
  const sent = { ...caughtUp, frames: untilEnd(caughtUp.frames, subscribed.result) };
  if (requestId === undefined) return sent;
  const expiresInMs = Math.max(0, endMsOf(subscribed.result) - ports.clock.now());
  const end = {
    ...(expiresAt !== undefined && { expiresAt, expiresInMs }),
    ...(members && { members }),
  };
  return { reply: { type: "SUBSCRIBED", requestId, topicId, ...position, ...says, ...end }, ...sent };
}

/** Who may have the topic, the topic of the connection's user included, which the client does not name. */
async function decideSubscribe(
  context: ActionContext,
  frame: ClientFrame<"SUBSCRIBE">,
  reader: IdentityReader,
): Promise<Access & { topicId: string }> {
  if (frame.user) return decideOwnTopic(context, reader);
  const { action, topicId, token } = frame;
  const { gate, consumer, event } = context;
  const { user } = reader;
  return { topicId, ...(await decideAccess(gate, { action, topicId, token, consumer, user, event })) };
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
  reading: Promise<CaughtUp | "later">,
): Promise<CaughtUp> {
  const missing = await atMostFor<CaughtUp | "later" | "late">(clock, CATCH_UP_MS_MAX, reading, "late");
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

async function unsubscribeFrom(
  { ports }: Pubsub,
  { consumer, budget }: ActionContext,
  { topicId, requestId }: ClientFrame<"UNSUBSCRIBE">,
): Promise<Reaction> {
  const { wasMember } = await unsubscribe(ports, { consumer, topicId });
  if (wasMember) budget.spend(PRESENCE_PRICE);
  return requestId === undefined ? {} : { reply: { type: "UNSUBSCRIBED", requestId, topicId } };
}

async function ping(
  { ports, logSettings }: Pubsub,
  { consumer, endsAtMs, budget, markActivity }: ActionContext,
  { requestId, positions: asked }: ClientFrame<"PING">,
): Promise<Reaction> {
  // First, because what is looked up uses up the budget
  if (markActivity) await markActive(ports, { consumer, topicIds: [...asked.keys()], budget });
  const { positions, frames } = await heal(ports, { consumer, asked, endsAtMs, budget }, logSettings);
  if (requestId === undefined) return { frames };
  const current = asked.size > 0 ? { positions: Object.fromEntries(positions) } : {};
  return { reply: { type: "PONG", requestId, ...current }, frames };
}
