import type { Pubsub } from "../api/create-pubsub.ts";
import { forEachAtOnce } from "../core/at-once.ts";
import type { HandlerPorts } from "../core/ports.ts";
import { joinMembers } from "../core/presence/join.ts";
import type { MembersAt } from "../core/presence/state.ts";
import type { AskedPresence } from "../core/protocol.ts";
import { priceOfUnits, type ReplayBudget } from "../core/recovery/budget.ts";
import { isMembersTopic } from "../core/reserved-topics.ts";
import type { Grant } from "../core/subscriptions/grant.ts";
import type { Owner } from "../core/subscriptions/identity.ts";
import type { Consumer } from "../core/types.ts";
import type { ActionContext } from "./action-context.ts";
import type { IdentityReader } from "./connection-user.ts";

/**
 * What coming or leaving costs beside what is read, in millionths of a dollar: the row, the row of the tick, two messages
 * and their two invocations. The posts to the members are shared by all who come and leave at about the same time.
 */
export const PRESENCE_PRICE = 8;

/** What marking one membership costs: a write unit of the table and one of the index. */
const MARK_PRICE = 1.25;

/** Returns why a client that wants to be a member cannot be one. */
export async function whyNoMember(
  { presence }: Pick<ActionContext, "presence">,
  grant: Grant | undefined,
  reader: Pick<IdentityReader, "identity">,
): Promise<string | undefined> {
  if (!presence) return `presence is off: the option "presence" of the handler is not set`;
  if (grant?.userId !== undefined || (await reader.identity()) !== undefined) return undefined;
  return "presence needs a user: authorize must return a userId";
}

/** Returns what SUBSCRIBED says of the members, after the membership was written. */
export async function joined(
  { ports, logSettings }: Pick<Pubsub, "ports" | "logSettings">,
  budget: ReplayBudget,
  { topicId, owner, presence }: { topicId: string; owner: Owner | undefined; presence: AskedPresence },
): Promise<MembersAt | undefined> {
  if (owner === undefined) return undefined;
  const { userId, info = presence.info } = owner;
  const { members, readUnits } = await joinMembers(ports, { topicId, userId, info }, logSettings);
  budget.spend(PRESENCE_PRICE + priceOfUnits(readUnits));
  return members;
}

const MARKS_AT_ONCE = 10;

/**
 * Marks the memberships that a heartbeat names as active. Nothing is written for a connection that is no member. A failure
 * is only reported: the next heartbeat marks it.
 */
export async function markActive(
  { subscriptions, clock, observe }: HandlerPorts,
  { consumer, topicIds, budget }: { consumer: Consumer; topicIds: readonly string[]; budget: ReplayBudget },
): Promise<void> {
  await forEachAtOnce(MARKS_AT_ONCE, topicIds.filter(isMembersTopic), async (topicId) => {
    if (!(await budget.permits(MARK_PRICE))) return;
    budget.spend(MARK_PRICE);
    await subscriptions
      .markActive({ consumer, topicId, atMs: clock.now() })
      .catch((error: unknown) => observe({ event: "background-failure", stage: "mark-active", error }));
  });
}
