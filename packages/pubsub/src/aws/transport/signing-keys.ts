import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";

/** `20261123T150000Z` */
export const toAmzDate = (nowMs: number): string => new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");

export const toScope = (day: string, region: string, service: string): string =>
  `${day}/${region}/${service}/${TERMINATOR}`;

export type SigningKeys = (secretAccessKey: string, day: string) => KeyObject;

/** Derives a day's key once. It returns a key object: an HMAC takes one several times faster than the same bytes. */
export function createSigningKeys(region: string, service: string): SigningKeys {
  let known: { secretAccessKey: string; day: string; key: KeyObject } | undefined;
  return (secretAccessKey, day) => {
    if (known?.day === day && known.secretAccessKey === secretAccessKey) return known.key;
    const steps = [day, region, service, TERMINATOR];
    const start = createSecretKey(`AWS4${secretAccessKey}`, "utf8");
    const key = steps.reduce(
      (secret, step) => createSecretKey(createHmac("sha256", secret).update(step).digest()),
      start,
    );
    known = { secretAccessKey, day, key };
    return key;
  };
}
