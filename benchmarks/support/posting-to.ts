import { localCredentials } from "lambda-websocket-pubsub-local";
import type { Sink } from "./sink.ts";

/** Returns a `functionEnv` for the local stack. The functions then post to the sink, not to the API that SST links. */
export const functionsPostingTo = ({
  endpoint: managementEndpoint,
  trust,
}: Sink): Record<string, string> => ({
  ...trust,
  SST_RESOURCE_PubsubApi: JSON.stringify({ url: "wss://sink.invalid", managementEndpoint }),
});

/** Returns the environment of a process that only posts to the sink. */
export const posterEnv = ({ trust }: Sink): Record<string, string> => ({
  ...trust,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
});
