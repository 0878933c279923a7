import { pathToFileURL } from "node:url";
import type { InitTimes } from "./start-cold.ts";

/** Imports a function's bundle as Lambda does in its INIT phase, and prints the duration. */
const url = pathToFileURL(process.argv[2] ?? "").href;
const beganMs = performance.now();
const cpuBefore = process.cpuUsage();
const module = (await import(url)) as { handler?: unknown };
const initMs = performance.now() - beganMs;
const { user, system } = process.cpuUsage(cpuBefore);
if (typeof module.handler !== "function") throw new Error("the bundle exports no handler");
const times: InitTimes = { initMs, cpuMs: (user + system) / 1_000 };
process.stdout.write(JSON.stringify(times));
