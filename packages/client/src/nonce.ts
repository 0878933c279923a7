/**
 * Returns 64 random bits, which only this client and the server know: the server repeats them in every frame to the
 * connection, so that no published text passes for a frame. Without `crypto`, as in an old React Native, `random` has to do.
 */
export function createNonce(random: () => number): string {
  const words = new Uint16Array(4);
  return (globalThis.crypto?.getRandomValues?.(words) ?? words.map(() => random() * 65_536)).join("-");
}
