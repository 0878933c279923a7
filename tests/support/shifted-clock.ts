/*
 * This module is preloaded into a process. It shifts the wall clock by `CLOCK_OFFSET_MS`. Timers and
 * `performance.now()` do not change, as on a machine whose clock is wrong.
 */
const offsetMs = Number(process.env.CLOCK_OFFSET_MS ?? 0);
const realNow = Date.now;
const RealDate = Date;

RealDate.now = () => realNow() + offsetMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now()] : args, newTarget) as object,
});
