import { localCredentials } from "../../packages/local/src/credentials.ts";
import type { CallerIdentity } from "../../packages/pubsub/src/aws/transport/identity.ts";

/** Whom the local gateway knows. */
export const localIdentity: CallerIdentity = {
  credentials: async () => localCredentials,
  region: async () => "us-east-1",
};
