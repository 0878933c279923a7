import type { PostOptions, PostResult } from "../../core/ports.ts";
import type { CredentialsCache } from "../transport/credentials-cache.ts";
import type { Endpoint } from "../transport/endpoints.ts";
import { createSdkLoader, wasClockCorrected } from "./sdk-client.ts";
import { failureOfSdk } from "./sdk-failure.ts";

/** Posts to one endpoint with the SDK's client, one try a call. It never rejects. */
export type SdkPost = (connectionId: string, data: Uint8Array, options?: PostOptions) => Promise<PostResult>;

const TOO_LATE: PostResult = {
  outcome: "failed",
  kind: "no-connection",
  retryable: true,
  reason: "not sent in time",
};

export function createSdkPost(endpoint: Endpoint, credentials: CredentialsCache): SdkPost {
  const load = createSdkLoader(endpoint, credentials);

  return async (ConnectionId, Data, { giveUpAtMs, sendUntilMs = Number.POSITIVE_INFINITY } = {}) => {
    const giveUpAfterMs = giveUpAtMs === undefined ? undefined : Math.max(0, giveUpAtMs - Date.now());
    const abort = new AbortController();
    const timer = giveUpAfterMs === undefined ? undefined : setTimeout(() => abort.abort(), giveUpAfterMs);
    try {
      const { client, PostToConnectionCommand } = await load();
      // Loading takes time, and so does what came before this post or its repetition
      if (Date.now() > sendUntilMs) return TOO_LATE;
      const post = () =>
        client.send(new PostToConnectionCommand({ ConnectionId, Data }), { abortSignal: abort.signal });
      await post().catch((error) => {
        if (wasClockCorrected(error) && Date.now() <= sendUntilMs) return post();
        throw error;
      });
      return { outcome: "delivered" };
    } catch (error) {
      if (!abort.signal.aborted) return failureOfSdk(error);
      const reason = `no response within ${Math.round(giveUpAfterMs ?? 0)} ms`;
      return { outcome: "failed", kind: "no-answer", retryable: true, reason };
    } finally {
      clearTimeout(timer);
    }
  };
}
