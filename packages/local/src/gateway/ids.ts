import { randomBytes } from "node:crypto";

/**
 * Returns 16 characters that end in `=`, like API Gateway's connection ids. Code that forgets to encode an id in a path
 * then fails here too.
 */
export function createConnectionId(): string {
  return `${randomBytes(11).toString("base64url")}=`;
}

/**
 * Whether an id can be one of API Gateway's. AWS documents no form and rejects an id that is no base64 text. The 16
 * characters of a real one are not required, because nothing says that AWS requires them.
 */
export const isConnectionId = (id: string): boolean => id.length % 4 === 0 && /^[\w-]+={0,2}$/.test(id);

/** Request, message and extended request ids have the same shape. */
export const createRequestId: () => string = createConnectionId;

/** `Root=1-6731ebfc-08e1e656421db73c5d2eef31`: the time in seconds, then 96 random bits. */
export const createTraceId = (nowMs: number): string =>
  `Root=1-${Math.floor(nowMs / 1_000).toString(16)}-${randomBytes(12).toString("hex")}`;
