import type { Line } from "../lines.ts";

const SEND_EVERY_MS = 100;

/** In a child process: collects lines and sends them to the parent in one piece, ten times a second. */
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
