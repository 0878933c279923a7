import type { VerifyContext } from "./context.ts";

/** What a check decided. `holds` is null if it was skipped, and `saw` then says why. */
export interface Outcome {
  holds: boolean | null;
  saw: string;
}

/** What AWS bills a check for. */
export interface Usage {
  /** Metered 32 KB of messages, in both directions. */
  messages: number;
  writeUnits: number;
  readUnits: number;
  sqsRequests: number;
  /** Of both functions. */
  invocations: number;
}

export interface Check {
  /** Stable: `--only` and docs/verified.md name checks by it. */
  id: string;
  /** What is checked, as a sentence. */
  what: string;
  expected: string;
  /** What it consumes on AWS, roughly and rather too much. */
  usage: Partial<Usage>;
  /** How long it may take. Default two minutes. */
  timeoutMs?: number;
  /** A rejection means that the check could not decide, which counts as failed. */
  run(context: VerifyContext): Promise<Outcome>;
}

export const holds = (saw: string): Outcome => ({ holds: true, saw });
export const fails = (saw: string): Outcome => ({ holds: false, saw });
export const skipped = (reason: string): Outcome => ({ holds: null, saw: reason });
export const verdict = (condition: boolean, saw: string): Outcome => ({ holds: condition, saw });
