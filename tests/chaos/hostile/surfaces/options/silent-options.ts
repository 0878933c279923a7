import type { PubsubClientOptions } from "../../../../../packages/client/src/index.ts";

/** A socket without a server. */
class SilentSocket {
  send(): void {}
  close(): void {}
  addEventListener(): void {}
}

/** Returns the options of a client that neither connects nor starts timers. */
export const silentOptions = (): PubsubClientOptions => ({
  webSocket: SilentSocket,
  clock: { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} },
  environment: { onWake: () => () => {} },
  onError: () => {},
});
