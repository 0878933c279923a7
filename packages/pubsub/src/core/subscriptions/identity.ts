import { isMembersTopic } from "../reserved-topics.ts";
import type { Grant } from "./grant.ts";

/** Whose connection it is, as `authorize` decided when it connected. */
export interface Identity {
  userId: string;
  /** What other members see of the user, as JSON text. */
  info?: string;
  /** Until when the connection may subscribe and publish. Seconds since 1970. */
  untilSeconds?: number;
  /** When the permission to connect was given. A later revocation of the user wins. Milliseconds since 1970. */
  decidedAtMs: number;
}

/** Whose subscription it is. */
export interface Owner {
  userId: string;
  info?: string;
}

/** Returns whose subscription it is. What the hook granted for it wins over what it granted for the connection. */
export function ownerOf(grant: Grant, identity: Identity | undefined): Owner | undefined {
  const userId = grant.userId ?? identity?.userId;
  if (userId === undefined) return undefined;
  const info = grant.info ?? (userId === identity?.userId ? identity.info : undefined);
  return { userId, ...(info !== undefined && { info }) };
}

/**
 * Returns what a subscription's row has of its owner. A dispatch reads the whole row of each subscriber, so that only the
 * rows that tell who the members are have the info, unless the caller asked for it.
 */
export function ownerFields(
  owner: Owner | undefined,
  { topicId, keepInfo }: { topicId: string; keepInfo: boolean },
): { userId?: string; info?: string } {
  const { userId, info } = owner ?? {};
  return {
    ...(userId !== undefined && { userId }),
    ...(info !== undefined && (keepInfo || isMembersTopic(topicId)) && { info }),
  };
}
