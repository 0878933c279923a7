import { randomBytes } from "node:crypto";

/** 16 characters ending in `=`, as API Gateway's connection ids do, so that code that forgets to encode them fails. */
export function createConnectionId(): string {
  return `${randomBytes(11).toString("base64url")}=`;
}

/** Request, message and extended request ids have the same shape. */
export const createRequestId: () => string = createConnectionId;

/** `Root=1-6731ebfc-08e1e656421db73c5d2eef31`: the time in seconds, then 96 random bits. */
export const createTraceId = (nowMs: number): string =>
  `Root=1-${Math.floor(nowMs / 1_000).toString(16)}-${randomBytes(12).toString("hex")}`;
