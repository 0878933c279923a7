import { createHmac, hash } from "node:crypto";
import { assertSendable, type SigningIdentity } from "./identity.ts";
import { ALGORITHM, type SigningKeys, toAmzDate, toScope } from "./signing-keys.ts";

/** A body with its hash, which is computed once, however many requests carry it. */
export interface SignedBody {
  readonly bytes: Uint8Array;
  /** What follows the bytes in this request alone. The hash includes it. */
  readonly tail?: Uint8Array;
  readonly sha256: string;
}

export const signedBody = (bytes: Uint8Array): SignedBody => ({
  bytes,
  sha256: hash("sha256", bytes, "hex"),
});

/** What a JSON call has in addition to a post. */
export interface CallHeaders {
  /** The operation, as `x-amz-target` has it. It is signed. */
  target: string;
  /** Header lines that are sent and not signed, each with its line break. */
  unsigned: string;
}

/** Signs requests to one endpoint within one second, by one identity. */
export interface RequestSigner {
  readonly identity: SigningIdentity;
  /** Returns the whole head of a POST, up to the empty line before the body. The end of the path is encoded once. */
  toHead(pathEnd: string, body: SignedBody, call?: CallHeaders): string;
}

export interface SigningTarget {
  service: string;
  region: string;
  host: string;
  /** How all paths begin, as they are sent: `/$default/@connections/`. */
  pathStart: string;
  contentType: string;
  keys: SigningKeys;
}

/** What the requests of one operation have in common, before and after what differs. */
interface Parts {
  canonicalRest: string;
  sentRest: string;
}

/**
 * The only builder of canonical requests, for Signature Version 4. It computes everything that the requests of one
 * second have in common beforehand. Throws a TypeError for an identity that cannot be sent.
 */
export function createRequestSigner(
  { service, region, host, pathStart, contentType, keys }: SigningTarget,
  identity: SigningIdentity,
  nowMs: number,
): RequestSigner {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  assertSendable({ accessKeyId, sessionToken, region });
  const amzDate = toAmzDate(nowMs);
  const day = amzDate.slice(0, 8);
  const scope = toScope(day, region, service);
  const key = keys(secretAccessKey, day);
  const token = sessionToken ? [["x-amz-security-token", sessionToken]] : [];
  // Sorted by name, as the canonical request requires; `x-amz-target` would be the last
  const common = [["content-type", contentType], ["host", host], ["x-amz-date", amzDate], ...token];

  function toParts(target: string | undefined): Parts {
    const headers = target === undefined ? common : [...common, ["x-amz-target", target]];
    const names = headers.map(([name]) => name).join(";");
    const canonical = headers.map(([name, value]) => `${name}:${value}\n`).join("");
    const sent = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const credential = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}`;
    return {
      canonicalRest: `\n\n${canonical}\n${names}\n`,
      sentRest: ` HTTP/1.1\r\n${sent}authorization: ${credential}, Signature=`,
    };
  }

  const ofPosts = toParts(undefined);
  const ofCalls = new Map<string, Parts>();
  function partsFor({ target }: CallHeaders): Parts {
    const parts = ofCalls.get(target) ?? toParts(target);
    ofCalls.set(target, parts);
    return parts;
  }

  const canonicalStart = `POST\n${toCanonicalPath(pathStart)}`;
  const toSignStart = `${ALGORITHM}\n${amzDate}\n${scope}\n`;
  return {
    identity,
    toHead(pathEnd, { bytes, tail, sha256 }, call) {
      const { canonicalRest, sentRest } = call ? partsFor(call) : ofPosts;
      const request = `${canonicalStart}${encodedAgain(pathEnd)}${canonicalRest}${sha256}`;
      const signature = createHmac("sha256", key)
        .update(toSignStart + hash("sha256", request, "hex"))
        .digest("hex");
      const head = `POST ${pathStart}${pathEnd}${sentRest}${signature}\r\n`;
      return `${head}${call?.unsigned ?? ""}content-length: ${bytes.byteLength + (tail?.byteLength ?? 0)}\r\n\r\n`;
    },
  };
}

/**
 * Encodes as RFC 3986 and SigV4 require: everything but letters, digits, `-`, `.`, `_` and `~`. It never throws.
 */
export const uriEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * SigV4 encodes what is sent once more, so that `$default` is signed as `%24default` and `%24default` as `%2524default`.
 * It drops empty segments, although they are sent. The path comes from a URL, so it has no `.` and no `..`.
 */
function toCanonicalPath(sent: string): string {
  const segments = sent.split("/").filter((segment) => segment !== "");
  const end = segments.length > 0 && sent.endsWith("/") ? "/" : "";
  return `/${segments.map(uriEncoded).join("/")}${end}`;
}

/** The same for the end of a path, which is already encoded: only its percent signs change. */
const encodedAgain = (encoded: string): string => encoded.replaceAll("%", "%25");
