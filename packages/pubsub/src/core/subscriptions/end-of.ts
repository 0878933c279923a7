/** Returns when a subscription ends, in milliseconds since 1970. From then on, nothing is posted for it. */
export const endMsOf = ({ expiresAtSeconds }: { expiresAtSeconds?: number | undefined }): number =>
  expiresAtSeconds === undefined ? Number.POSITIVE_INFINITY : expiresAtSeconds * 1_000;
