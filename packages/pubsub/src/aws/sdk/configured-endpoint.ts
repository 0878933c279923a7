/**
 * Returns the endpoint that the SDK's own environment variables configure for a service. A client that gets its endpoint
 * from code ignores these variables. The shared configuration file is not read.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function configuredEndpoint(
  service: "APIGATEWAYMANAGEMENTAPI" | "DYNAMODB" | "SQS",
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true") return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}
