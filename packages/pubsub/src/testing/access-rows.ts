import { consumerId } from "../core/consumer.ts";
import type { AccessRows, Clock, Revocation } from "../core/ports.ts";
import type { Identity } from "../core/subscriptions/identity.ts";
import type { Consumer } from "../core/types.ts";

interface Expiring {
  expiresAtSeconds: number;
}

/** @param countOf counts the unexpired subscriptions of a connection */
export function createMemoryAccessRows(
  clock: Pick<Clock, "now">,
  countOf: (consumer: Consumer) => number,
): AccessRows {
  const ended = new Map<string, Expiring>();
  const users = new Map<string, Expiring & { consumer: Consumer; userId: string }>();
  const connections = new Map<string, Expiring & { userId: string; identity?: Identity | undefined }>();
  const revocations = new Map<string, Expiring & { atMs: number }>();
  const removed = new Map<string, Map<string, Expiring & { atMs: number }>>();

  const live = <Row extends Expiring>(row: Row | undefined): Row | undefined =>
    row && row.expiresAtSeconds > clock.now() / 1_000 ? row : undefined;

  function revokedAt(of: Revocation["of"], topicId: string | undefined): number | undefined {
    const found = [keyOf(of), keyOf(of, topicId)].flatMap((key) => live(revocations.get(key))?.atMs ?? []);
    return found.length > 0 ? Math.max(...found) : undefined;
  }

  return {
    async standing({ consumer, topicId, countTo }) {
      const id = consumerId(consumer);
      const revokedAtMs = revokedAt({ consumer }, topicId);
      const { userId, identity } = live(connections.get(id)) ?? {};
      return {
        ended: live(ended.get(id)) !== undefined,
        count: Math.min(countTo, countTo > 0 ? countOf(consumer) : 0),
        ...(revokedAtMs !== undefined && { revokedAtMs }),
        ...(userId !== undefined && { userId }),
        ...(identity && { identity }),
      };
    },
    userRevokedAt: async ({ userId, topicId }) => revokedAt({ userId }, topicId),
    async identify({ consumer, userId, expiresAtSeconds, identity }) {
      const id = consumerId(consumer);
      users.set(userKey(userId, id), { userId, consumer, expiresAtSeconds });
      connections.set(id, { userId, expiresAtSeconds, identity });
    },
    async alsoOf({ consumer, userId, expiresAtSeconds }) {
      users.set(userKey(userId, consumerId(consumer)), { userId, consumer, expiresAtSeconds });
    },
    identityOf: async (consumer) => live(connections.get(consumerId(consumer)))?.identity,
    async undoIdentify({ consumer, userId }) {
      users.delete(userKey(userId, consumerId(consumer)));
      connections.delete(consumerId(consumer));
    },
    async forget({ consumer, userId }) {
      const id = consumerId(consumer);
      const known = connections.get(id)?.userId;
      connections.delete(id);
      for (const user of [known, userId]) if (user !== undefined) users.delete(userKey(user, id));
    },
    async *connectionsOf(userId) {
      for (const row of users.values()) if (row.userId === userId && live(row)) yield row.consumer;
    },
    async revoke({ of, topicId, atMs, expiresAtSeconds }) {
      revocations.set(keyOf(of, topicId), { atMs, expiresAtSeconds });
    },
    async markRemoved({ consumer, topicId, atMs, expiresAtSeconds }) {
      const rows = removed.get(topicId) ?? new Map<string, Expiring & { atMs: number }>();
      removed.set(topicId, rows);
      const earlier = rows.get(consumerId(consumer));
      if (!earlier || earlier.atMs < atMs) rows.set(consumerId(consumer), { atMs, expiresAtSeconds });
    },
    async removedFrom(topicId) {
      const rows = [...(removed.get(topicId) ?? [])].filter(([, row]) => live(row));
      return new Map(rows.map(([id, { atMs }]) => [id, atMs]));
    },
    async end({ consumer, expiresAtSeconds }) {
      ended.set(consumerId(consumer), { expiresAtSeconds });
    },
  };
}

const userKey = (userId: string, id: string): string => JSON.stringify([userId, id]);

const keyOf = (of: Revocation["of"], topicId: string | null = null): string =>
  JSON.stringify(["consumer" in of ? consumerId(of.consumer) : null, "userId" in of && of.userId, topicId]);
