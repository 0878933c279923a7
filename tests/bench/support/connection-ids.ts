import { createHash } from "node:crypto";

/** Bytes whose base64 is as long as API Gateway's ids, such as `L0SM9cOFvHcCIhw=`, and ends in `=` as they do. */
const ID_BYTES = 11;

/** Scattered like real ones, and the same in every run. */
export function connectionIdOf(index: number): string {
  const digest = createHash("sha256").update(String(index)).digest();
  return `${digest.subarray(0, ID_BYTES).toString("base64url")}=`;
}

export const connectionIds = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => connectionIdOf(index));
