import type { Clock } from "./ports.ts";

/** Waits for work that never rejects, for at most `ms`. The work is not ended. */
export async function atMostFor(clock: Pick<Clock, "after">, ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(ms, late.resolve);
  await Promise.race([work, late.promise]);
  cancel();
}
