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
