import { localCredentials } from "../../packages/local/src/credentials.ts";
import type { CallerIdentity } from "../../packages/pubsub/src/aws/transport/identity.ts";

/** The identity that the local gateway accepts. */
export const localIdentity: CallerIdentity = {
  credentials: async () => localCredentials,
  region: async () => "us-east-1",
};
