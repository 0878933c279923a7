import type { ClientClock } from "./clock.ts";
import type { Guard } from "./guard.ts";
import type { Link } from "./link.ts";

/** What a topic gets from its client. */
export interface TopicPort {
  clock: ClientClock;
  guard: Guard;
  random: () => number;
  /** The connection to send requests on. */
  link(): Link | undefined;
  onSubscribed(): void;
  /** Called when the topic's `link` may have changed, and when the topic is not needed any more. */
  onChange(isIdle: boolean): void;
}
