import { logEventBytes } from "../../packages/local/src/workers/log-bytes.ts";

export interface OwnOutput {
  /** The bytes that CloudWatch Logs would ingest of what this process printed. */
  logBytes(): number;
  stop(): void;
}

/** Counts what this process prints, and keeps it from the terminal: a publisher's lines would be logged on Lambda. */
export function countOwnOutput(): OwnOutput {
  let bytes = 0;
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write);
  const count = (chunk: string | Uint8Array): boolean => {
    for (const line of String(chunk).split("\n")) if (line !== "") bytes += logEventBytes(line);
    return true;
  };
  for (const stream of streams) stream.write = count;
  return {
    logBytes: () => bytes,
    stop() {
      streams.forEach((stream, index) => {
        stream.write = writes[index] ?? stream.write;
      });
    },
  };
}
