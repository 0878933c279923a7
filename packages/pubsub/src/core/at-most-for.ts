import type { Clock } from "./ports.ts";

/** Resolves to the result of work that never rejects, or to `late` after `ms`. The work is not ended. */
export async function atMostFor<Result>(
  clock: Pick<Clock, "after">,
  ms: number,
  work: Promise<Result>,
  late: Result,
): Promise<Result> {
  let cancel = (): void => {};
  // Not Promise.withResolvers, which Node 20 does not have
  const isLate = new Promise<Result>((resolve) => {
    cancel = clock.after(ms, () => resolve(late));
  });
  const result = await Promise.race([work, isLate]);
  cancel();
  return result;
}
