/**
 * A private key given as a public one was accepted, so that the function that checks tokens could mint them. A public key
 * in DER or JWK given as a secret was accepted too, and everybody who has it could mint tokens.
 */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isPubsubError } from "../../../packages/pubsub/src/index.ts";
import {
  createTopicTokenAuthorizer,
  type MintTopicTokenOptions,
  mintTopicToken,
  type TopicTokenAuthorizerOptions,
} from "../../../packages/pubsub/src/tokens/index.ts";
import { rejectionOf } from "../../support/samples.ts";

type Kind = "public key" | "private key";
/** A key as somebody may hold it: what it is, and the texts of it that no error may contain. */
interface Held {
  form: string;
  kind: Kind;
  value: unknown;
  named: string;
  parts: string[];
}

const PAIRS = {
  Ed25519: generateKeyPairSync("ed25519"),
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const OTHERS = {
  RSA: generateKeyPairSync("rsa", { modulusLength: 2_048 }),
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
};

/** Every way to write a key, with the words of the error. */
function formsOf(kind: Kind, key: KeyObject): Held[] {
  const type = kind === "public key" ? "spki" : "pkcs8";
  const pem = String(key.export({ type, format: "pem" }));
  const der = key.export({ type, format: "der" });
  const jwk = key.export({ format: "jwk" });
  const jwkText = JSON.stringify(jwk);
  const parts = [
    der.toString("base64").slice(-24),
    der.toString("hex").slice(-24),
    ...Object.values(jwk).filter((part): part is string => typeof part === "string" && part.length > 16),
  ];
  const held = (form: string, value: unknown, named: string): Held => ({ form, kind, value, named, parts });
  return [
    held("PEM", pem, "PEM"),
    held("PEM after a comment", `Bag Attributes\n${" ".repeat(80)}\n\n${pem}`, "PEM"),
    held("PEM as bytes", Buffer.from(pem), "PEM as bytes"),
    held("PEM as base64", Buffer.from(pem).toString("base64"), "PEM as base64"),
    held("DER as bytes", new Uint8Array(der), "DER as bytes"),
    held("DER as base64", der.toString("base64"), "DER as base64"),
    held("DER as base64, in lines", der.toString("base64").replace(/.{20}/g, "$&\n"), "DER as base64"),
    held("DER as base64url", der.toString("base64url"), "DER as base64"),
    held("DER as hexadecimal", der.toString("hex"), "DER as hexadecimal"),
    held("JWK", jwk, "JWK"),
    held("JWK in JSON", jwkText, "JWK"),
    held("JWK in JSON, as bytes", Buffer.from(jwkText), "JWK as bytes"),
    held("JWK in JSON, as base64", Buffer.from(jwkText).toString("base64"), "JWK as base64"),
    held("a KeyObject", key, "a KeyObject"),
  ];
}

const heldOf = (pairs: Readonly<Record<string, { publicKey: KeyObject; privateKey: KeyObject }>>) =>
  Object.entries(pairs).flatMap(([curve, { publicKey, privateKey }]) =>
    [...formsOf("public key", publicKey), ...formsOf("private key", privateKey)].map(
      (held): [string, Kind, string, Held] => [curve, held.kind, held.form, held],
    ),
  );
const KEYS = heldOf(PAIRS);

const authorizer = async (options: object): Promise<unknown> =>
  createTopicTokenAuthorizer(options as TopicTokenAuthorizerOptions);
const minted = (options: object): Promise<string> =>
  mintTopicToken({ topicId: "room", ...options } as MintTopicTokenOptions);

async function expectRefusal(given: Promise<unknown>, message: string, { parts }: Held): Promise<void> {
  const error = (await rejectionOf(given)) as Error & { code: string };
  expect(isPubsubError(error, "INVALID_ARGUMENT")).toBe(true);
  expect(error.message).toBe(message);
  expect(error.cause).toBeUndefined();
  const shown = `${error.stack}${JSON.stringify(error)}`;
  for (const part of parts) expect(shown).not.toContain(part);
}

describe.each([...KEYS, ...heldOf(OTHERS)])("a %s %s as %s", (_, kind, __, held) => {
  it("is refused as a secret, which would be known to others", async () => {
    const got = `must be a secret; got a ${kind} in ${held.named}`;
    await expectRefusal(minted({ secret: held.value }), `secret ${got}`, held);
    await expectRefusal(authorizer({ secret: held.value }), `secret ${got}`, held);
    const good = "a secret of thirty-two bytes, or more";
    await expectRefusal(authorizer({ secrets: [good, held.value] }), `secrets[1] ${got}`, held);
  });
});

const isPemText = ({ form }: Held): boolean => form === "PEM" || form === "PEM after a comment";
const inOwnPlace = KEYS.filter(([, , , held]) => isPemText(held));
const exceptPemOf = (kind: Kind): typeof KEYS =>
  KEYS.filter(([, of, , held]) => of !== kind || !isPemText(held));

it.each(exceptPemOf("public key"))(
  "refuses a %s %s as %s among the public keys",
  async (_, kind, __, held) => {
    const expected = "must be an Ed25519 or P-256 public key in PEM";
    const message = `publicKeys[0] ${expected}; got a ${kind} in ${held.named}`;
    await expectRefusal(authorizer({ publicKeys: [held.value] }), message, held);
  },
);

it.each(exceptPemOf("private key"))("refuses a %s %s as %s as the private key", async (_, kind, __, held) => {
  const expected = "must be an Ed25519 or P-256 private key in PEM";
  const message = `privateKey ${expected}; got a ${kind} in ${held.named}`;
  await expectRefusal(minted({ privateKey: held.value }), message, held);
});

it.each(inOwnPlace)("accepts a %s %s as %s in its own place", async (_, kind, __, held) => {
  if (kind === "public key") expect(await authorizer({ publicKeys: [held.value] })).toBeTypeOf("function");
  else expect(await minted({ privateKey: held.value })).toMatch(/^eyJ/);
});

describe("other keys", () => {
  const { privateKey, publicKey } = PAIRS["P-256"];
  const sec1 = String(privateKey.export({ type: "sec1", format: "pem" }));
  const spki = String(publicKey.export({ type: "spki", format: "pem" }));
  const encrypted = String(
    privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "p" }),
  );

  it.each([
    ["after the public key in one file", `${spki}${sec1}`],
    ["before the public key in one file", `${sec1}${spki}`],
    ["in its older format", sec1],
    ["encrypted", encrypted],
  ])("refuses a private key %s among the public keys", async (_, given) => {
    const error = (await rejectionOf(authorizer({ publicKeys: [given] }))) as Error;
    expect(error.message).toMatch(/got a private key in PEM$/);
  });

  it.each([
    ["a symmetric JWK", JSON.stringify({ kty: "oct", k: "x".repeat(43) }), "a secret key in JWK"],
    [
      "a set of keys",
      JSON.stringify({ keys: [publicKey.export({ format: "jwk" })] }),
      "a set of keys in JWK",
    ],
    [
      "a key of SSH",
      `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)} me@host`,
      "a public key in SSH's format",
    ],
  ])("refuses %s as a secret", async (_, given, got) => {
    const error = (await rejectionOf(minted({ secret: given }))) as Error;
    expect(error.message).toBe(`secret must be a secret; got ${got}`);
  });

  it.each([
    ["random bytes", crypto.getRandomValues(new Uint8Array(32))],
    ["random bytes in base64", Buffer.from(crypto.getRandomValues(new Uint8Array(48))).toString("base64")],
    ["random bytes in hexadecimal", Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex")],
    ["bytes that begin like DER", Uint8Array.from([0x30, 30, ...new Uint8Array(30).fill(7)])],
    ["a sentence", "thirty-two characters of a good sentence"],
    ["a JSON text that is no key", JSON.stringify({ a: "a secret of thirty-two bytes, or more" })],
    ["a text that begins like JSON", `{${"x".repeat(40)}`],
  ])("accepts %s as a secret", async (_, given) => {
    expect(await minted({ secret: given })).toMatch(/^eyJ/);
  });
});
