import { readFileSync, watch } from "node:fs";
import { join } from "node:path";

/*
 * Loaded before a worker's function: its wall clock runs as far off as a file of its process id says. Timers and
 * `performance.now()` go on as ever, as they do when a machine's clock is set.
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
