import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

export interface SigningIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** What is signed of a body, and sent with it: worked out once, however many connections it is posted to. */
export interface SignedBody {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Signs posts to one endpoint within one second, by one identity. */
export interface PostSigner {
  /** The whole head of a POST to a connection, up to the empty line before the body. */
  headOf(connectionId: string, body: SignedBody): string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const SERVICE = "execute-api";
const TERMINATOR = "aws4_request";
const CONTENT_TYPE = "application/octet-stream";
/** A line break that came with an environment variable would end the header, and with it the request. */
const IN_A_HEADER = /^[\x21-\x7e]+$/;

export const signedBody = (bytes: Uint8Array): SignedBody => ({
  bytes,
  sha256: hash("sha256", bytes, "hex"),
});

/**
 * Signature Version 4, with everything that posts of one second have in common put together beforehand.
 * Throws a TypeError for an identity that can't be sent.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @param path of the stage, as it is sent: `/%24default`
 */
export function createPostSigner(
  { host, path, region, keys }: { host: string; path: string; region: string; keys: SigningKeys },
  { accessKeyId, secretAccessKey, sessionToken }: SigningIdentity,
  nowMs: number,
): PostSigner {
  for (const [name, value] of Object.entries({ accessKeyId, sessionToken, region })) {
    if (value && !IN_A_HEADER.test(value)) throw new TypeError(`${name} has characters that no header can`);
  }
  const amzDate = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const day = amzDate.slice(0, 8);
  const scope = `${day}/${region}/${SERVICE}/${TERMINATOR}`;
  const key = keys(secretAccessKey, day);
  const token = sessionToken ? [["x-amz-security-token", sessionToken]] : [];
  const headers = [["content-type", CONTENT_TYPE], ["host", host], ["x-amz-date", amzDate], ...token];
  const signedHeaders = headers.map(([name]) => name).join(";");

  const canonicalStart = `POST\n${encodedAgain(path)}/%40connections/`;
  const canonicalHeaders = headers.map(([name, value]) => `${name}:${value}\n`).join("");
  const canonicalRest = `\n\n${canonicalHeaders}\n${signedHeaders}\n`;
  const toSignStart = `${ALGORITHM}\n${amzDate}\n${scope}\n`;
  const sentStart = `POST ${path}/@connections/`;
  const sentHeaders = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const credential = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}`;
  const sentRest = ` HTTP/1.1\r\n${sentHeaders}authorization: ${credential}, Signature=`;

  return {
    headOf(connectionId, { bytes, sha256 }) {
      const id = uriEncoded(connectionId);
      const request = `${canonicalStart}${encodedAgain(id)}${canonicalRest}${sha256}`;
      const signature = createHmac("sha256", key)
        .update(toSignStart + hash("sha256", request, "hex"))
        .digest("hex");
      return `${sentStart}${id}${sentRest}${signature}\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`;
    },
  };
}

/** As RFC 3986 and SigV4 have it: everything but letters, digits, `-`, `.`, `_` and `~`. Never throws. */
export const uriEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** SigV4 encodes a path's segments a second time; of what is encoded once, only the percent signs change. */
const encodedAgain = (encoded: string): string => encoded.replaceAll("%", "%25");

export type SigningKeys = (secretAccessKey: string, day: string) => KeyObject;

/** Derives the key of a day once. As a key object: an HMAC takes one several times faster than the same bytes. */
export function createSigningKeys(region: string): SigningKeys {
  let known: { secretAccessKey: string; day: string; key: KeyObject } | undefined;
  return (secretAccessKey, day) => {
    if (known?.day === day && known.secretAccessKey === secretAccessKey) return known.key;
    const steps = [day, region, SERVICE, TERMINATOR];
    const start = createSecretKey(`AWS4${secretAccessKey}`, "utf8");
    const key = steps.reduce(
      (secret, step) => createSecretKey(createHmac("sha256", secret).update(step).digest()),
      start,
    );
    known = { secretAccessKey, day, key };
    return key;
  };
}
