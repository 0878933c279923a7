import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface ReceivedBody {
  /** The bytes received, including those that were not kept. */
  bytes: number;
  sha256: string;
  /** Undefined if the body is longer than `keepBytes`. */
  kept: Buffer | undefined;
  /** True if the client sent more than the hard limit: its connection should be closed. */
  cut: boolean;
}

/** API Gateway's limit for the payload of any request. It applies before the limits of an API. */
const hardLimitBytes = 10 * 1_024 * 1_024;

/**
 * Reads the body to the end: a client that is still writing would get a reset instead of the response. It hashes all of
 * the body, because the signature is checked first, but keeps no more than `keepBytes`. Rejects if the client goes
 * away.
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
