import { randomBytes } from "node:crypto";

/**
 * Returns 16 characters that end in `=`, like API Gateway's connection ids. Code that forgets to encode an id in a path
 * then fails here too.
 */
export function createConnectionId(): string {
  return `${randomBytes(11).toString("base64url")}=`;
}

/** Request, message and extended request ids have the same shape. */
export const createRequestId: () => string = createConnectionId;

/** `Root=1-6731ebfc-08e1e656421db73c5d2eef31`: the time in seconds, then 96 random bits. */
export const createTraceId = (nowMs: number): string =>
  `Root=1-${Math.floor(nowMs / 1_000).toString(16)}-${randomBytes(12).toString("hex")}`;
