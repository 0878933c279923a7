import { EXIT_CODES } from "../exit-codes.ts";

/** One Ctrl-C arrives twice under npm: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500;

export interface Interruption {
  signal: AbortSignal;
  dispose(): void;
}

/** The first interruption aborts the signal, so that the command can clean up. The next one ends the process. */
export function onInterrupt(): Interruption {
  const interruption = new AbortController();
  let firstMs: number | undefined;
  const onSignal = (): void => {
    const nowMs = performance.now();
    firstMs ??= nowMs;
    if (nowMs - firstMs > SAME_SIGNAL_MS) process.exit(EXIT_CODES.interrupted);
    interruption.abort(new Error("interrupted"));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: interruption.signal,
    dispose() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
