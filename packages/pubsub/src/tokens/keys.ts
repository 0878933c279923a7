import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { PubsubError } from "../core/errors.ts";
import { encodeUtf8 } from "../core/utf8.ts";

/** Text counts by its UTF-8. */
export type TopicTokenSecret = string | Uint8Array;

/** A key and the one algorithm that it is for, so that no token can choose. */
export interface TokenKey {
  key: Uint8Array | KeyObject;
  algorithm: "HS256" | "EdDSA" | "ES256";
}

/** As long as the hash: what RFC 7518 asks of HS256. */
const SECRET_BYTES_MIN = 32;

/** Throws `INVALID_ARGUMENT`, and like all of this file tells of a key no more than its type and length. */
export function secretKey(name: string, secret: unknown): TokenKey {
  if (typeof secret !== "string" && !(secret instanceof Uint8Array)) {
    throw new PubsubError(
      "INVALID_ARGUMENT",
      `${name} must be text or bytes; got a value of type ${typeof secret}`,
    );
  }
  const key = typeof secret === "string" ? encodeUtf8(secret) : new Uint8Array(secret);
  if (key.byteLength < SECRET_BYTES_MIN) {
    const got = `got ${key.byteLength}; openssl rand -base64 32 makes one`;
    throw new PubsubError("INVALID_ARGUMENT", `${name} must be at least ${SECRET_BYTES_MIN} bytes; ${got}`);
  }
  // Everybody may have a public key: whoever took one for a secret would let everybody mint
  if (new TextDecoder().decode(key.subarray(0, 64)).includes("-----BEGIN")) {
    throw new PubsubError("INVALID_ARGUMENT", `${name} must be a secret; got a key in PEM`);
  }
  return { key, algorithm: "HS256" };
}

export const publicKey = (name: string, pem: unknown): TokenKey => pemKey(name, pem, createPublicKey);

export const privateKey = (name: string, pem: unknown): TokenKey => pemKey(name, pem, createPrivateKey);

function pemKey(name: string, pem: unknown, parse: (pem: string) => KeyObject): TokenKey {
  const key = typeof pem === "string" ? parsed(pem, parse) : undefined;
  const algorithm = key && algorithmOf(key);
  if (algorithm) return { key, algorithm };
  throw new PubsubError("INVALID_ARGUMENT", `${name} must be an Ed25519 or P-256 key in PEM; got none`);
}

function parsed(pem: string, parse: (pem: string) => KeyObject): KeyObject | undefined {
  try {
    return parse(pem);
  } catch {
    return undefined;
  }
}

function algorithmOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): TokenKey["algorithm"] | undefined {
  if (asymmetricKeyType === "ed25519") return "EdDSA";
  const isP256 = asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1";
  return isP256 ? "ES256" : undefined;
}
