import type { PubsubClientOptions } from "../../../../../packages/client/src/index.ts";

/** A socket to nowhere. */
class SilentSocket {
  send(): void {}
  close(): void {}
  addEventListener(): void {}
}

/** A client that neither connects nor waits for anything. */
export const silentOptions = (): PubsubClientOptions => ({
  webSocket: SilentSocket,
  clock: { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} },
  environment: { onWake: () => () => {} },
  onError: () => {},
});
