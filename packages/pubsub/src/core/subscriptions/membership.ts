import { invalid } from "../options/check-options.ts";
import { membersTopic } from "../reserved-topics.ts";
import type { Subscription } from "../types.ts";
import { type Owner, ownerFields } from "./identity.ts";

export interface Membership {
  owner: Owner | undefined;
  nonce: string | undefined;
  presence: { info?: string | undefined };
}

/**
 * Returns the subscription with the one that makes its connection a member. The second is a subscription like any other, to
 * the topic that tells who the members are. The mark on the first says that it belongs to a second one.
 */
export function withMembership(row: Subscription, { owner, nonce, presence }: Membership): Subscription[] {
  if (owner === undefined) throw invalid("userId", "the user of a member", undefined);
  const { consumer, subscribedAt, expiresAtSeconds } = row;
  const topicId = membersTopic(row.topicId);
  const info = owner.info ?? presence.info;
  const member: Subscription = {
    consumer,
    topicId,
    format: "event",
    subscribedAt,
    ...(expiresAtSeconds !== undefined && { expiresAtSeconds }),
    // Each event is the whole list, so that a member needs the newest one alone
    latest: true,
    ...(nonce !== undefined && { nonce }),
    ...ownerFields({ ...owner, ...(info !== undefined && { info }) }, { topicId, keepInfo: true }),
  };
  return [{ ...row, member: true }, member];
}
