import type { Consumer } from "lambda-websocket-pubsub";
import type { Target } from "../target.ts";

/** As in the library, which docs/decisions/0024 explains. The check's own posts are for public APIs only. */
const API_HOST =
  /^[a-z0-9]{1,63}\.execute-api(?:-fips)?\.[a-z0-9-]{1,32}\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws)$/;

/**
 * Where posts to a consumer go, by the same rule as in the library's config. Throws for a consumer at another host than one
 * of AWS's APIs if no endpoint is configured: a row of the table must not choose who gets a signed request.
 */
export function managementEndpointOf(
  { managementEndpoint }: Pick<Target, "managementEndpoint">,
  { domainName, stage }: Consumer,
): string {
  const { AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: configured, AWS_ENDPOINT_URL: all } = process.env;
  const endpoint = managementEndpoint || configured || all;
  if (endpoint) return endpoint;
  if (API_HOST.test(domainName) && /^(?:\$default|[\w-]+)$/.test(stage))
    return `https://${domainName}/${stage}`;
  throw new Error(
    `${domainName}/${stage} is not a stage at a host of API Gateway: give --management-endpoint`,
  );
}

/** `https://{id}.execute-api.{region}.amazonaws.com` names its region. Any other endpoint has that of the settings. */
export async function signingRegion(endpoint: string, configured: () => Promise<string>): Promise<string> {
  const [, named] = /\.execute-api(?:-fips)?\.([a-z0-9-]+)\./.exec(new URL(endpoint).hostname) ?? [];
  return named ?? configured();
}
