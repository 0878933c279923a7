import { readFileSync, watch } from "node:fs";
import { join } from "node:path";

/*
 * This module is preloaded into a worker. It shifts the wall clock by the offset in a file that is named after the
 * process id. Timers and `performance.now()` do not change, as when a machine's clock is set.
 */

const dir = process.env.CHAOS_CLOCKS ?? "";
const name = String(process.pid);
const realNow = Date.now;
const RealDate = Date;
let offsetMs = 0;

watch(dir, { persistent: false }, (_, changed) => {
  if (changed === name) offsetMs = Number(readFileSync(join(dir, name), "utf8")) || 0;
});
RealDate.now = () => realNow() + offsetMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now()] : args, newTarget) as object,
});
