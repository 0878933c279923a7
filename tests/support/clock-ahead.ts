/** This module shifts the wall clock of the process that imports it by 30 s, as on a machine whose clock is wrong. */
export const AHEAD_MS = 30_000;

process.env.CLOCK_OFFSET_MS = String(AHEAD_MS);
await import("./shifted-clock.ts");
