import { localCredentials } from "./credentials.ts";

/** The same as for a deployed stage that is not for production. */
const EVENT_RETENTION_SECONDS = 3_600;

export interface LocalAddresses {
  region: string;
  dynamodbEndpoint: string;
  dynamodbTableName: string;
  sqsEndpoint: string;
  fanoutQueueUrl: string;
  websocketUrl: string;
  managementEndpoint: string;
}

/** Environment variables by name. The listed ones are always present. */
export type LocalEnv = Record<string, string> & {
  AWS_REGION: string;
  PUBSUB_TABLE_NAME: string;
  PUBSUB_QUEUE_URL: string;
};

/** Returns the variables that a process needs to publish to this stack. The AWS SDK reads most of them by itself. */
export function producerEnv(addresses: LocalAddresses): LocalEnv {
  return {
    AWS_REGION: addresses.region,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_DYNAMODB: addresses.dynamodbEndpoint,
    AWS_ENDPOINT_URL_SQS: addresses.sqsEndpoint,
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: addresses.managementEndpoint,
    PUBSUB_TABLE_NAME: addresses.dynamodbTableName,
    PUBSUB_QUEUE_URL: addresses.fanoutQueueUrl,
  };
}

/** The environment of a producer. It identifies this stack and overrides the shell's AWS settings. */
export function stackEnv(
  addresses: LocalAddresses,
  {
    stackId,
    lambdaEndpoint,
    httpUrl,
  }: { stackId: string; lambdaEndpoint: string; httpUrl?: string | undefined },
): LocalEnv {
  return {
    ...producerEnv(addresses),
    AWS_ENDPOINT_URL_LAMBDA: lambdaEndpoint,
    ...(httpUrl !== undefined && { PUBSUB_HTTP_URL: httpUrl }),
    // The SDK would prefer a profile of the shell to the keys. An empty name unsets it.
    AWS_PROFILE: "",
    // `node --env-file` does not replace keys that the shell has set. The library prefers these to the shell's.
    PUBSUB_LOCAL_CREDENTIALS: `${localCredentials.accessKeyId}:${localCredentials.secretAccessKey}`,
    PUBSUB_LOCAL_STACK_ID: stackId,
    // A producer may run on an older Node than the stack.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}

/** Returns the variables of a producer, and those that a deployment gives its functions. */
export function functionEnv(addresses: LocalAddresses): LocalEnv {
  return {
    ...producerEnv(addresses),
    PUBSUB_MANAGEMENT_ENDPOINT: addresses.managementEndpoint,
    PUBSUB_EVENT_RETENTION_SECONDS: String(EVENT_RETENTION_SECONDS),
    // Here it costs nothing, and a client can only use it if `authorize` returns users
    PUBSUB_PRESENCE: "true",
    PUBSUB_MARK_ACTIVITY: "true",
  };
}
