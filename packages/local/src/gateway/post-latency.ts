import { isRecord, type OptionRule } from "../options/option-rules.ts";

/** Milliseconds until a response: always the same number, or a random one from `min` to `max`. */
export type PostLatency = number | { min: number; max: number };

/** @param most in milliseconds */
export const latencyRule = (most: number = Number.MAX_SAFE_INTEGER): OptionRule => {
  const isMs = (value: unknown): boolean =>
    Number.isFinite(value) && Number(value) >= 0 && Number(value) <= most;
  const range = most === Number.MAX_SAFE_INTEGER ? "0 or more" : `0 to ${most}`;
  return {
    expected: `a finite number of milliseconds, ${range}, or { min, max } of them`,
    accepts: (value) =>
      isRecord(value)
        ? Object.keys(value).toSorted().join() === "max,min" &&
          isMs(value.min) &&
          isMs(value.max) &&
          Number(value.min) <= Number(value.max)
        : isMs(value),
  };
};

export const drawLatencyMs = (latency: PostLatency, random: () => number = Math.random): number =>
  typeof latency === "number" ? latency : latency.min + random() * (latency.max - latency.min);
