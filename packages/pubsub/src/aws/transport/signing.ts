import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";

export interface SigningIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** Whose calls these are. The SDK's own providers: they keep what they got until shortly before it expires. */
export interface CallerIdentity {
  credentials(options?: { forceRefresh?: boolean }): Promise<SigningIdentity>;
  region(): Promise<string>;
}

/** `20261123T150000Z` */
export const amzDateOf = (nowMs: number): string => new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");

export const scopeOf = (day: string, region: string, service: string): string =>
  `${day}/${region}/${service}/${TERMINATOR}`;

/** A line break that came with an environment variable would end the header, and with it the request. */
export const fitsHeader = (value: string): boolean => /^[\x21-\x7e]+$/.test(value);

/** Throws a TypeError for an identity that can't be sent. */
export function assertSendable({ accessKeyId, sessionToken }: SigningIdentity, region: string): void {
  for (const [name, value] of Object.entries({ accessKeyId, sessionToken, region })) {
    if (value && !fitsHeader(value)) throw new TypeError(`${name} has characters that no header can`);
  }
}

export type SigningKeys = (secretAccessKey: string, day: string) => KeyObject;

/** Derives the key of a day once. As a key object: an HMAC takes one several times faster than the same bytes. */
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
