import type { Clock } from "./ports.ts";

/** Waits for work that never rejects, for at most `ms`. The work is not ended. */
export async function atMostFor(clock: Pick<Clock, "after">, ms: number, work: Promise<void>): Promise<void> {
  let cancel = (): void => {};
  // Not Promise.withResolvers, which Node 20 does not have
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  await Promise.race([work, late]);
  cancel();
}
