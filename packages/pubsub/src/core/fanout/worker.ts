import type { LimiterOf } from "../delivery/limiters.ts";
import type { Ports } from "../ports.ts";

/** What the fan-out works with: the ports, and what lives as long as the process. */
export interface FanoutContext extends Ports {
  limiterOf: LimiterOf;
  settings: FanoutSettings;
  /** When this invocation stops beginning new work, and when it is surely over. */
  deadlineMs: number;
  leaseUntilMs: number;
}

export interface FanoutSettings {
  /** Subscriptions a page: the most that a killed worker repeats. docs/decisions/0009 has the measurements. */
  pageSize: number;
  /** How often a consumer is tried before its delivery is abandoned, the short retries within an attempt aside. */
  maxAttempts: number;
}

export const FANOUT_SETTINGS_DEFAULT: FanoutSettings = { pageSize: 1_000, maxAttempts: 8 };

/** The offsets of a message that another worker holds the claim on: the message has to come back. */
export interface Handled {
  leased: readonly number[];
}
