import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface ReceivedBody {
  /** Bytes received, kept or not. */
  bytes: number;
  sha256: string;
  /** Absent when longer than what was to be kept. */
  kept: Buffer | undefined;
  /** The client went on past the hard limit and its connection should be closed. */
  cut: boolean;
}

/** API Gateway's own limit for a request's payload, which holds before any API is looked at. */
const hardLimitBytes = 10 * 1_024 * 1_024;

/**
 * Reads to the end, since a client still writing would take a reset for the answer, and hashes all of it, since
 * the signature is looked at first; but keeps no more than `keepBytes`. Rejects when the client goes away.
 */
export function readBody(request: IncomingMessage, keepBytes: number): Promise<ReceivedBody> {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    let chunks: Buffer[] = [];
    let bytes = 0;

    const finish = (cut: boolean): void => {
      const kept = bytes <= keepBytes ? Buffer.concat(chunks) : undefined;
      resolve({ bytes, sha256: hash.digest("hex"), kept, cut });
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes <= keepBytes) chunks.push(chunk);
      else chunks = [];
      if (bytes <= hardLimitBytes) return;
      request.off("data", onData).off("end", onEnd).pause();
      finish(true);
    };
    const onEnd = (): void => finish(false);
    request.on("data", onData).on("end", onEnd).on("error", reject);
  });
}
