import { localCredentials } from "../../packages/local/src/credentials.ts";
import type { PostIdentity } from "../../packages/pubsub/src/aws/posting/signers.ts";

/** Whom the local gateway knows. */
export const localIdentity: PostIdentity = {
  credentials: async () => localCredentials,
  region: async () => "us-east-1",
};
