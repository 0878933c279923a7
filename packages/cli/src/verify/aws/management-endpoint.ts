import type { Consumer } from "lambda-websocket-pubsub";
import type { Target } from "../target.ts";

/** Where posts to a consumer go, by the same rule as in the library's config. */
export function managementEndpointOf({ managementEndpoint }: Target, consumer: Consumer): string {
  const { AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: configured, AWS_ENDPOINT_URL: all } = process.env;
  const { domainName, stage } = consumer;
  return managementEndpoint || configured || all || `https://${domainName}/${stage}`;
}

/** `https://{id}.execute-api.{region}.amazonaws.com` names its region. Any other endpoint has that of the settings. */
export async function signingRegion(endpoint: string, configured: () => Promise<string>): Promise<string> {
  const [, named] = /\.execute-api(?:-fips)?\.([a-z0-9-]+)\./.exec(new URL(endpoint).hostname) ?? [];
  return named ?? configured();
}
