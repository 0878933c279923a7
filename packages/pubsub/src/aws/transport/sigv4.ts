import { createHmac, hash } from "node:crypto";
import {
  ALGORITHM,
  amzDateOf,
  assertSendable,
  type SigningIdentity,
  type SigningKeys,
  scopeOf,
} from "./signing.ts";

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

export const POST_SERVICE = "execute-api";
const CONTENT_TYPE = "application/octet-stream";

export const signedBody = (bytes: Uint8Array): SignedBody => ({
  bytes,
  sha256: hash("sha256", bytes, "hex"),
});

/**
 * Signature Version 4, with everything that posts of one second have in common put together beforehand.
 * Throws a TypeError for an identity that can't be sent.
 *
 * @param path of the stage, as it is sent: `/%24default`
 */
export function createPostSigner(
  { host, path, region, keys }: { host: string; path: string; region: string; keys: SigningKeys },
  { accessKeyId, secretAccessKey, sessionToken }: SigningIdentity,
  nowMs: number,
): PostSigner {
  assertSendable({ accessKeyId, secretAccessKey, sessionToken }, region);
  const amzDate = amzDateOf(nowMs);
  const day = amzDate.slice(0, 8);
  const scope = scopeOf(day, region, POST_SERVICE);
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
