import { localCredentials } from "lambda-websocket-pubsub-local";
import type { Sink } from "./sink.ts";

/** Returns a `functionEnv` for the local stack. The functions then post to the sink instead of the API. */
export const functionsPostingTo = ({
  endpoint: managementEndpoint,
  trust,
}: Sink): Record<string, string> => ({
  ...trust,
  PUBSUB_MANAGEMENT_ENDPOINT: managementEndpoint,
});

/** Returns the environment of a process that only posts to the sink. */
export const posterEnv = ({ trust }: Sink): Record<string, string> => ({
  ...trust,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
});
