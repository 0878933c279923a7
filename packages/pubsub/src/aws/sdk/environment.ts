/**
 * What the SDK would take from environment variables alone. On Lambda that is all it takes, so that a function's requests need
 * no client of the SDK. Each function returns undefined where the SDK would look at anything else: then the SDK decides.
 */
import { type Endpoint, endpointOfRequest } from "../transport/endpoints.ts";
import type { SigningIdentity } from "../transport/identity.ts";
import { configuredEndpoint } from "./configured-endpoint.ts";
import { localCredentials } from "./local-credentials.ts";

type Env = NodeJS.ProcessEnv;

/**
 * The keys of the environment. The SDK ignores them if a profile is named, and those that expire are for its provider.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function environmentCredentials(env: Env = process.env): SigningIdentity | undefined {
  const { credentials } = localCredentials(env);
  if (credentials) return credentials;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (!accessKeyId || !secretAccessKey || env.AWS_PROFILE || env.AWS_CREDENTIAL_EXPIRATION) return undefined;
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) };
}

/** Of a Region with a usual name. The SDK also takes some that are no names, such as `fips-us-east-1`. */
const REGION = /^(?:(?!fips)[a-z]{2,4})(?:-[a-z]+)+-\d+$/;

export function environmentRegion({ AWS_REGION = "" }: Env = process.env): string | undefined {
  return REGION.test(AWS_REGION) ? AWS_REGION : undefined;
}

/** Variables with which the SDK chooses other endpoints than the usual ones, or fails. */
const OTHER_ENDPOINTS = [
  "AWS_ACCOUNT_ID",
  "AWS_ACCOUNT_ID_ENDPOINT_MODE",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
  "AWS_PROFILE",
  "AWS_USE_DUALSTACK_ENDPOINT",
  "AWS_USE_FIPS_ENDPOINT",
];

/**
 * Returns where the SDK sends a table's calls. A table that is named by its ARN can have an endpoint of its account.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-account-endpoints.html
 */
export function dynamodbEndpoint(table: string, env: Env = process.env): Endpoint | undefined {
  if (table.includes(":") || hasOtherEndpoints(env)) return undefined;
  const configured = configuredEndpoint("DYNAMODB", env);
  if (configured !== undefined) return toEndpoint(configured);
  return hasFiles(env) ? undefined : toEndpoint(regionalUrl("dynamodb", environmentRegion(env)));
}

/** Returns where the SDK sends a queue's messages: to the host of the queue's URL, unless an endpoint is configured. */
export function sqsEndpoint(queueUrl: string, env: Env = process.env): Endpoint | undefined {
  if (hasOtherEndpoints(env)) return undefined;
  const configured = configuredEndpoint("SQS", env);
  if (configured !== undefined) return toEndpoint(configured);
  // The SDK warns of a queue whose host is not the Region's, and signs for the Region of the environment all the same
  const regional = regionalUrl("sqs", environmentRegion(env));
  if (hasFiles(env) || regional === undefined || !queueUrl.startsWith(`${regional}/`)) return undefined;
  return toEndpoint(regional);
}

const hasOtherEndpoints = (env: Env): boolean =>
  OTHER_ENDPOINTS.some((name) => env[name] !== undefined && env[name] !== "");

/** The suffixes of the partitions whose Regions have these names. The SDK knows those of all others. */
const DOMAINS: readonly (readonly [RegExp, string])[] = [
  [/^(?:us|eu|ap|sa|ca|me|af|il|mx)-(?!gov-|iso)[a-z]+-\d+$/, "amazonaws.com"],
  [/^us-gov-[a-z]+-\d+$/, "amazonaws.com"],
  [/^cn-[a-z]+-\d+$/, "amazonaws.com.cn"],
];

function regionalUrl(service: string, region: string = ""): string | undefined {
  const [, domain] = DOMAINS.find(([regions]) => regions.test(region)) ?? [];
  return domain && `https://${service}.${region}.${domain}`;
}

function toEndpoint(url: string | undefined): Endpoint | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, hostname, port, pathname, search, username, password } = new URL(url);
  // The SDK puts a path together in its own way
  if (pathname !== "/" || search !== "" || username !== "" || password !== "") return undefined;
  return endpointOfRequest({ protocol, hostname, port: port === "" ? undefined : Number(port), path: "/" });
}

/**
 * Whether the SDK would read a file, which can have an endpoint. `import` of `node:fs` would take longer than the rest of this
 * library. Node before 20.16 has no other way to load it, and the SDK then decides.
 */
function hasFiles({ AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE }: Env): boolean {
  const fs = process.getBuiltinModule?.("node:fs");
  const os = process.getBuiltinModule?.("node:os");
  if (!fs || !os) return true;
  const files = [
    AWS_CONFIG_FILE || `${os.homedir()}/.aws/config`,
    AWS_SHARED_CREDENTIALS_FILE || `${os.homedir()}/.aws/credentials`,
  ];
  return files.some((file) => fs.existsSync(file));
}
