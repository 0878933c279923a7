import { randomBytes } from "node:crypto";

/** 16 characters ending in `=`, as API Gateway's connection ids do, so that code that forgets to encode them fails. */
export function createConnectionId(): string {
  return `${randomBytes(11).toString("base64url")}=`;
}

/** Request, message and extended request ids have the same shape. */
export const createRequestId: () => string = createConnectionId;
