import { PubsubError } from "../errors.ts";
import { CONNECTION_SECONDS_MAX } from "../limits.ts";
import type { Clock, TopicLog } from "../ports.ts";
import type { Position } from "../types.ts";
import type { LogSettings } from "./log-settings.ts";
import { placeAfter } from "./place.ts";

const TRIES = 10;

/**
 * Returns the topic's current position. For a topic without events, it records an epoch that has no event yet. So
 * "nothing yet" is a position too, and a subscriber that starts there misses no later event.
 */
export async function currentPosition(
  { log, clock }: { log: TopicLog; clock: Clock },
  topicId: string,
  settings: LogSettings,
): Promise<Position> {
  const { retentionSeconds } = settings;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const now = clock.now();
    const place = placeAfter(await log.tail(topicId), now, settings);
    const position = { epoch: place.epoch, offset: place.offset - 1 };
    if (!place.opening || place.offset > 1) return position;
    const { replaces } = place.opening;
    // The record must outlast every connection that got this position, and then the log's retention
    const expiresAtSeconds = Math.ceil(now / 1_000) + CONNECTION_SECONDS_MAX + 2 * retentionSeconds;
    const current = replaces?.epoch === place.epoch;
    if (current && replaces.expiresAtSeconds > expiresAtSeconds - retentionSeconds) return position;
    const epoch = { epoch: place.epoch, used: false, expiresAtSeconds };
    if (await log.openEpoch({ topicId, epoch, replaces })) return position;
    await clock.sleep(clock.random() * 10 * 2 ** attempt);
  }
  throw new PubsubError("APPEND_CONTENDED", `the log of the topic changed ${TRIES} times while it was read`, {
    retryable: true,
    context: { topicId },
  });
}
