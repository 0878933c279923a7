import { encodeFanoutMessage } from "../fanout/message.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { placeAfter } from "../log/place.ts";
import type { Ports } from "../ports.ts";
import { membersTopic } from "../reserved-topics.ts";
import type { Position, StoredEvent } from "../types.ts";
import { utf8Length } from "../utf8.ts";

type AppendPorts = Pick<Ports, "log" | "queue" | "clock" | "observe">;

/**
 * Appends who the members of a topic are and queues the fan-out, but only if the newest event is still the one that the
 * members were compared with. Otherwise a tick that read the members earlier could write them after a later one. Returns
 * whether it did.
 */
export async function appendMembers(
  ports: AppendPorts,
  { topicId, json, after }: { topicId: string; json: string; after: Position | undefined },
  settings: LogSettings,
): Promise<boolean> {
  const { log, clock, observe } = ports;
  const members = membersTopic(topicId);
  const tail = await log.tail(members);
  const publishedAt = clock.now();
  const {
    epoch,
    offset,
    opening,
    bytesSoFar = 0,
    minExpiresAtSeconds,
  } = placeAfter(tail, publishedAt, settings);
  const isNext = after?.epoch === epoch ? after.offset === offset - 1 : offset === 1;
  if (!isNext) return false;
  const publicationId = crypto.randomUUID();
  const event = { publicationId, publishedAt, json, verbatim: false };
  const livesUntil = Math.ceil(publishedAt / 1_000) + settings.retentionSeconds;
  const { outcome } = await log.append({
    topicId: members,
    epoch,
    offset,
    events: [
      {
        ...event,
        expiresAtSeconds: Math.max(livesUntil, minExpiresAtSeconds),
        idempotent: false,
        bytesSoFar: bytesSoFar + utf8Length(json),
      },
    ],
    ...(opening && { opening }),
  });
  if (outcome !== "appended") return false;
  await queueMembers(ports, { topicId, epoch, event: { ...event, offset } });
  const position = { topicId: members, publicationId, epoch, offset };
  const durationMs = clock.now() - publishedAt;
  observe({ event: "publication-accepted", ...position, duplicate: false, durationMs });
  return true;
}

/** `again`: a worker may have done the fan-out, so that the work is claimed. */
export async function queueMembers(
  { queue }: Pick<Ports, "queue">,
  { topicId, epoch, event, again }: { topicId: string; epoch: string; event: StoredEvent; again?: true },
): Promise<void> {
  const named = { topicId: membersTopic(topicId), epoch, offsets: [event.offset], events: [event] };
  const body = encodeFanoutMessage({ kind: "topic", step: 1, ...named, ...(again && { again }) });
  await queue.send([{ body, delaySeconds: 0 }]);
}
