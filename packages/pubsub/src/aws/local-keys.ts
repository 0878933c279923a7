import { configuredEndpoint, type EndpointService } from "./configured-endpoint.ts";

interface LocalKeys {
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The keys in the environment, as a client's `credentials`, if the service's endpoint is on this machine. The SDK would
 * ignore them while `AWS_PROFILE` is set, and a developer's shell often sets it: the local stack's keys would not count,
 * and a profile that does not resolve would fail every call. Everywhere else the SDK's own rules hold.
 */
export function localKeys(service: EndpointService): LocalKeys {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
  const endpoint = configuredEndpoint(service);
  if (!accessKeyId || !secretAccessKey || endpoint === undefined) return {};
  if (!URL.canParse(endpoint) || !LOOPBACK.test(new URL(endpoint).hostname)) return {};
  const sessionToken = process.env.AWS_SESSION_TOKEN;
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
}
