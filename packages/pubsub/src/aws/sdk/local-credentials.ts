interface LocalCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/**
 * The credentials of the local stack whose environment this process has, or nothing. Given to the AWS clients by code:
 * `node --env-file` leaves an AWS_PROFILE or keys of the shell in place, and the SDK would try those, which fails for a
 * profile that does not resolve. Only the local stack sets the variable.
 */
export function localCredentials(env: NodeJS.ProcessEnv = process.env): {
  credentials?: LocalCredentials;
} {
  const [accessKeyId, secretAccessKey] = env.PUBSUB_LOCAL_CREDENTIALS?.split(":") ?? [];
  if (!accessKeyId || !secretAccessKey) return {};
  const { AWS_SESSION_TOKEN: sessionToken } = env;
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
}
