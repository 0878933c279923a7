import { describe } from "./check.ts";
import { type Alarm, type ClientClock, createAlarm } from "./clock.ts";
import type { Guard } from "./guard.ts";
import { isString } from "./is.ts";
import { TOKEN_TIMEOUT_MS } from "./limits.ts";
import type { TopicToken } from "./types.ts";

type TokenFunction = Exclude<TopicToken, string>;

/** Calls token functions. A topic has one at work at most. */
export interface TokenSource {
  /** Calls `onFailed` after it reported the failure. Calls neither after `cancel`. */
  request(ask: TokenFunction, onToken: (token: string) => void, onFailed: () => void): void;
  cancel(): void;
}

export function createTokenSource({ clock, guard }: { clock: ClientClock; guard: Guard }): TokenSource {
  let current: Alarm | undefined;

  function cancel(): void {
    current?.clear();
    current = undefined;
  }

  return {
    request(ask, onToken, onFailed) {
      cancel();
      const mine = createAlarm(clock);
      current = mine;
      tokenOf(ask, mine)
        .then(
          (token) => () => onToken(token),
          (cause: unknown) => () => {
            guard.failed("token", cause, "failed");
            onFailed();
          },
        )
        .then((act) => {
          if (current !== mine) return;
          cancel();
          act();
        });
    },
    cancel,
  };
}

/**
 * Calls the function. Rejects if it throws, if it takes too long, and if it does not return a token: an endpoint that is
 * down often answers with an empty text, and the server would reject that.
 */
async function tokenOf(ask: TokenFunction, alarm: Alarm): Promise<string> {
  const late = new Promise<never>((_, reject) => {
    alarm.set(TOKEN_TIMEOUT_MS, () => reject(new Error(`no token after ${TOKEN_TIMEOUT_MS} ms`)));
  });
  const token: unknown = await Promise.race([Promise.resolve().then(ask), late]);
  if (isString(token) && token) return token;
  throw new TypeError(`expected a string that is not empty; got ${describe(token)}`);
}
