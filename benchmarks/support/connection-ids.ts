import { createHash } from "node:crypto";

/** The base64 text of this many bytes has the form of API Gateway's ids, such as `L0SM9cOFvHcCIhw=`. */
const ID_BYTES = 11;

/** Returns ids that are scattered like real ones, but are the same in every run. */
export function toConnectionId(index: number): string {
  const digest = createHash("sha256").update(String(index)).digest();
  return `${digest.subarray(0, ID_BYTES).toString("base64url")}=`;
}

export const connectionIds = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => toConnectionId(index));
