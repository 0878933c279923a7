import { createAlarm } from "./clock.ts";
import { HEARTBEAT_MS_DEFAULT, RENEWAL_JITTER, RENEWAL_MS_MIN, RENEWAL_SHARE } from "./limits.ts";
import type { Answer } from "./link.ts";
import type { TopicPort } from "./topic-port.ts";

type Ends = Pick<Extract<Answer, { type: "SUBSCRIBED" }>, "expiresAt" | "expiresInMs">;

/** When a subscription that ends, such as with its token, is renewed. */
export interface Renewal {
  /** By the clock too: a timer that a laptop's sleep suspended rings late. */
  readonly isDue: boolean;
  /** Takes what SUBSCRIBED says. */
  plan(ends: Ends): void;
  /** Plans another try, and returns true, if the subscription has not ended yet. */
  later(): boolean;
  clear(): void;
}

export function createRenewal(
  { clock, random }: Pick<TopicPort, "clock" | "random">,
  renew: () => void,
): Renewal {
  const alarm = createAlarm(clock);
  /** Both by the client's clock, and NaN for a subscription that does not end: it is never reached. */
  let dueAtMs = Number.NaN;
  let endsAtMs = Number.NaN;

  function clear(): void {
    alarm.clear();
    dueAtMs = endsAtMs = Number.NaN;
  }

  function arm(leftMs: number): void {
    const waitMs = Math.max(
      leftMs * RENEWAL_SHARE * (1 - RENEWAL_JITTER * random()),
      // An end in the past means that the clocks differ
      leftMs > 0 ? RENEWAL_MS_MIN : HEARTBEAT_MS_DEFAULT,
    );
    dueAtMs = clock.now() + waitMs;
    alarm.set(waitMs, () => {
      dueAtMs = 0;
      renew();
    });
  }

  return {
    get isDue() {
      return clock.now() >= dueAtMs;
    },
    plan({ expiresAt, expiresInMs = (expiresAt as number) * 1_000 - clock.now() }) {
      clear();
      endsAtMs = clock.now() + expiresInMs;
      if (expiresAt) arm(expiresInMs);
    },
    later() {
      const leftMs = endsAtMs - clock.now();
      if (leftMs > 0) arm(leftMs);
      return leftMs > 0;
    },
    clear,
  };
}
