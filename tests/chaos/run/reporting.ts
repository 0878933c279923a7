import type { Line } from "../lines.ts";

const SEND_EVERY_MS = 100;

/** Collects lines in a child process and sends them to the parent, ten times per second. */
export function createReporting(): { record(line: Line): void; flush(): void } {
  let text = "";
  function flush(): void {
    if (text !== "") process.send?.({ lines: text });
    text = "";
  }
  setInterval(flush, SEND_EVERY_MS).unref();
  return {
    record(line) {
      text += `${JSON.stringify(line)}\n`;
    },
    flush,
  };
}
