import type { Synthesis } from "./synth/synthesis.ts";
import type { Template } from "./synth/template.ts";

/** What a stage is to be: written out, not taken from the stacks' own settings. */
export interface Expected {
  stage: string;
  keep: boolean;
  tracing: boolean;
  logLevel: string;
  logRetentionDays: number;
  eventRetentionSeconds: number;
  maximumConcurrency: number;
  oldestMessageSeconds: number;
  throttledShare: number;
  alarmEmail?: string;
}

export interface Synthesized extends Template {
  synthesis: Synthesis;
}

/** A suite of one area asks for the stage in each test, because it is synthesized before the first one. */
export type Suite = (stage: () => Synthesized, expected: Expected) => void;

/** Long enough to install SST's platform first. */
export const SYNTHESIS_TIMEOUT_MS = 300_000;
