import type { DisconnectResult } from "../../core/ports.ts";
import { credentialsCacheOf } from "../transport/credentials-cache.ts";
import { parseEndpoint } from "../transport/endpoints.ts";
import type { CallerIdentity } from "../transport/identity.ts";
import { createSdkLoader, wasClockCorrected } from "./sdk-client.ts";
import { failureOfSdk } from "./sdk-failure.ts";

/** Closes connections of one management endpoint. It never rejects. */
export type SdkDisconnect = (connectionId: string) => Promise<DisconnectResult>;

/** The direct path has no `DELETE`: too few connections are closed to be worth one. */
export function createSdkDisconnect(endpoint: string, identity: CallerIdentity): SdkDisconnect {
  const load = createSdkLoader(parseEndpoint(endpoint), credentialsCacheOf(identity));
  return async (ConnectionId) => {
    try {
      const { client, DeleteConnectionCommand } = await load();
      const remove = () => client.send(new DeleteConnectionCommand({ ConnectionId }));
      await remove().catch((error) => {
        if (wasClockCorrected(error)) return remove();
        throw error;
      });
      return { outcome: "disconnected" };
    } catch (error) {
      const failure = failureOfSdk(error);
      if (failure.outcome === "gone") return { outcome: "gone" };
      return { outcome: "failed", reason: failure.outcome === "failed" ? failure.reason : failure.outcome };
    }
  };
}
