import { expect } from "vitest";
import type { EventsFrame } from "../../../packages/pubsub/src/core/frames.ts";
import type { Clock, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import type { Missing } from "../../../packages/pubsub/src/core/recovery/replay.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";

export const EPOCH = "0m1c2d3e4";

export const at = (offset: number, epoch: string = EPOCH): Position => ({ epoch, offset });

/** Appends one event for each size, one by one. The data of each has that number of characters. */
export async function fillLog(
  { log, clock }: { log: Pick<TopicLog, "append">; clock: Pick<Clock, "now"> },
  topicId: string,
  sizes: readonly number[],
  livesSeconds = 3_600,
): Promise<void> {
  for (const [index, size] of sizes.entries()) {
    const event = {
      publicationId: `p-${index + 1}`,
      publishedAt: clock.now(),
      json: JSON.stringify("x".repeat(size)),
      verbatim: true,
      idempotent: false,
      expiresAtSeconds: clock.now() / 1_000 + livesSeconds,
    };
    const opening = index === 0 ? { opening: { replaces: undefined } } : {};
    const request = { topicId, epoch: EPOCH, offset: index + 1, events: [event], ...opening };
    expect(await log.append(request)).toEqual({ outcome: "appended" });
  }
}

export const offsetsIn = (missing: Missing | readonly EventsFrame[]): number[] => {
  if (typeof missing === "string") throw new Error(`missing is ${missing}`);
  return missing.flatMap(({ body }) =>
    (JSON.parse(new TextDecoder().decode(body)) as { events: { offset: number }[] }).events.map(
      (e) => e.offset,
    ),
  );
};
