import { createPrivateKey, createPublicKey, KeyObject, X509Certificate } from "node:crypto";

/** What a value is, if it is a key of a pair or a key in a format that has a name. */
export interface RecognizedKey {
  kind: "public key" | "private key" | "secret key" | "set of keys";
  /** The name of the format, and how it is encoded: `PEM` is the plain text, `PEM as base64` is not. */
  form: string;
}

/**
 * Recognizes a key, whatever its type: as PEM anywhere in a text, as DER or JWK, also as bytes, and also encoded once in
 * base64 or hexadecimal, as environment variables often are. Returns undefined for anything else. A key without a
 * format, such as the 32 bytes of an Ed25519 public key, cannot be told from a secret.
 */
export function recognizeKey(value: unknown): RecognizedKey | undefined {
  if (typeof value === "string") return inText(value) ?? inEncodedText(value);
  if (value instanceof Uint8Array) return as("bytes", inBytes(value) ?? inEncodedText(utf8.decode(value)));
  if (value instanceof KeyObject) return { kind: `${value.type} key`, form: "a KeyObject" };
  return typeof value === "object" && value !== null ? inJwk(value) : undefined;
}

const utf8 = new TextDecoder();

const as = (encoding: string, key: RecognizedKey | undefined): RecognizedKey | undefined =>
  key && { ...key, form: `${key.form} as ${encoding}` };

const inBytes = (bytes: Uint8Array): RecognizedKey | undefined => inDer(bytes) ?? inText(utf8.decode(bytes));

function inText(text: string): RecognizedKey | undefined {
  // One file can have a certificate and its private key
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(text)) return { kind: "private key", form: "PEM" };
  if (text.includes("-----BEGIN ")) return { kind: "public key", form: "PEM" };
  if (/^\s*(ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+ +AAAA/.test(text)) {
    return { kind: "public key", form: "SSH's format" };
  }
  return /^\s*[{[]/.test(text) ? inJson(text) : undefined;
}

function inJson(text: string): RecognizedKey | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? inJwk(value) : undefined;
  } catch {
    return undefined;
  }
}

function inJwk(value: object): RecognizedKey | undefined {
  const { kty, d, keys } = value as { kty?: unknown; d?: unknown; keys?: unknown };
  if (typeof kty !== "string") {
    return Array.isArray(keys) || Array.isArray(value) ? { kind: "set of keys", form: "JWK" } : undefined;
  }
  if (kty === "oct") return { kind: "secret key", form: "JWK" };
  return { kind: d === undefined ? "public key" : "private key", form: "JWK" };
}

function inEncodedText(text: string): RecognizedKey | undefined {
  const compact = text.replace(/\s/g, "");
  if (/^[0-9a-f]+$/i.test(compact)) return as("hexadecimal", inBytes(Buffer.from(compact, "hex")));
  // Buffer reads both alphabets of base64
  if (/^[\w+/-]+=*$/.test(compact)) return as("base64", inBytes(Buffer.from(compact, "base64")));
  return undefined;
}

type Parse = (key: Buffer) => unknown;

const privateAs =
  (type: "pkcs8" | "sec1" | "pkcs1"): Parse =>
  (key) =>
    createPrivateKey({ key, format: "der", type });
const publicAs =
  (type: "spki" | "pkcs1"): Parse =>
  (key) =>
    createPublicKey({ key, format: "der", type });

/** Private keys are tried first, because a public key can be read from them too. */
const DER_KEYS: readonly ["public key" | "private key", Parse][] = [
  ["private key", privateAs("pkcs8")],
  ["private key", privateAs("sec1")],
  ["private key", privateAs("pkcs1")],
  ["public key", publicAs("spki")],
  ["public key", publicAs("pkcs1")],
  ["public key", (key) => new X509Certificate(key)],
];

/** Each DER key begins with the tag of a sequence, so that most secrets are not parsed. */
function inDer(bytes: Uint8Array): RecognizedKey | undefined {
  if (bytes[0] !== 0x30) return undefined;
  const found = DER_KEYS.find(([, parse]) => succeeds(() => parse(Buffer.from(bytes))));
  return found && { kind: found[0], form: "DER" };
}

function succeeds(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
