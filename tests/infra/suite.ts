import type { Synthesis } from "./synth/synthesis.ts";
import type { Template } from "./synth/template.ts";

/** The expected stage. It is written out, not read from the stacks' own settings. */
export interface Expected {
  stage: string;
  keep: boolean;
  tracing: boolean;
  logLevel: string;
  logDeliveries: string;
  accessLog: boolean;
  logRetentionDays: number;
  eventRetentionSeconds: number;
  maximumConcurrency: number;
  maxPostsPerSecond: number;
  oldestMessageSeconds: number;
  throttledShare: number;
  readUnitsPerSecond: number;
  writeUnitsPerSecond: number;
  messagesPerSecond: number;
  messageBurst: number;
  reservedConcurrency: Readonly<Record<string, number>>;
  alarmEmail?: string;
}

export interface Synthesized extends Template {
  synthesis: Synthesis;
}

/** A suite of one area reads the stage in each test, because it is synthesized only before the first one. */
export type Suite = (stage: () => Synthesized, expected: Expected) => void;

/** This is long enough to install SST's platform first. */
export const SYNTHESIS_TIMEOUT_MS = 300_000;
