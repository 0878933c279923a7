import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { PubsubError } from "../core/errors.ts";
import { encodeUtf8 } from "../core/utf8.ts";
import { type RecognizedKey, recognizeKey } from "./recognize-key.ts";

/** The bytes of a text are those of its UTF-8. */
export type TopicTokenSecret = string | Uint8Array;

/** A key and its only algorithm, so that a token cannot choose one. */
export interface TokenKey {
  key: Uint8Array | KeyObject;
  algorithm: "HS256" | "EdDSA" | "ES256";
}

/** The length of the hash, which RFC 7518 requires for HS256. */
const SECRET_BYTES_MIN = 32;

/** Throws `INVALID_ARGUMENT`. Errors of this file contain a key's type and length, never the key. */
export function secretKey(name: string, secret: unknown): TokenKey {
  // A public key is no secret: if one was used as a secret, everybody could mint tokens
  const recognized = recognizeKey(secret);
  if (recognized) throw refusal(`${name} must be a secret; got ${describe(recognized)}`);
  if (typeof secret !== "string" && !(secret instanceof Uint8Array)) {
    throw refusal(`${name} must be text or bytes; got a value of type ${typeof secret}`);
  }
  const key = typeof secret === "string" ? encodeUtf8(secret) : new Uint8Array(secret);
  if (key.byteLength < SECRET_BYTES_MIN) {
    const got = `got ${key.byteLength}; openssl rand -base64 32 makes one`;
    throw refusal(`${name} must be at least ${SECRET_BYTES_MIN} bytes; ${got}`);
  }
  return { key, algorithm: "HS256" };
}

/**
 * Throws `INVALID_ARGUMENT` also for a private key. Node would take the public key from it, and nobody would notice that
 * the function that checks tokens can mint them.
 */
export const publicKey = (name: string, pem: unknown): TokenKey =>
  pemKey(name, pem, "public key", createPublicKey);

export const privateKey = (name: string, pem: unknown): TokenKey =>
  pemKey(name, pem, "private key", createPrivateKey);

function pemKey(
  name: string,
  pem: unknown,
  kind: "public key" | "private key",
  parse: (pem: string) => KeyObject,
): TokenKey {
  const recognized = recognizeKey(pem);
  const isRight = typeof pem === "string" && recognized?.kind === kind && recognized.form === "PEM";
  const key = isRight ? parsed(pem, parse) : undefined;
  const algorithm = key && algorithmOf(key);
  if (algorithm) return { key, algorithm };
  const got = isRight ? "another one" : recognized ? describe(recognized) : "none";
  throw refusal(`${name} must be an Ed25519 or P-256 ${kind} in PEM; got ${got}`);
}

const describe = ({ kind, form }: RecognizedKey): string => `a ${kind} in ${form}`;

const refusal = (message: string): PubsubError => new PubsubError("INVALID_ARGUMENT", message);

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
