import { localCredentials } from "lambda-websocket-pubsub-local";
import type { Sink } from "./sink.ts";

/** For `functionEnv` of the local stack: the project's functions post to the sink, where SST would link the API. */
export const functionsPostingTo = ({
  endpoint: managementEndpoint,
  trust,
}: Sink): Record<string, string> => ({
  ...trust,
  SST_RESOURCE_PubsubApi: JSON.stringify({ url: "wss://sink.invalid", managementEndpoint }),
});

/** For a process that does nothing but post to the sink. */
export const posterEnv = ({ trust }: Sink): Record<string, string> => ({
  ...trust,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
});
