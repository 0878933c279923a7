interface LocalCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/**
 * Returns the credentials of the local stack whose environment this process has, or an empty object. The AWS clients get
 * them from code, because `node --env-file` leaves an AWS_PROFILE or keys of the shell in place. The SDK would try
 * those, and fail for a profile that does not resolve. Only the local stack sets the variable.
 */
export function localCredentials(env: NodeJS.ProcessEnv = process.env): {
  credentials?: LocalCredentials;
} {
  const [accessKeyId, secretAccessKey] = env.PUBSUB_LOCAL_CREDENTIALS?.split(":") ?? [];
  if (!accessKeyId || !secretAccessKey) return {};
  const { AWS_SESSION_TOKEN: sessionToken } = env;
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
}
