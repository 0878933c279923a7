import { createHmac, generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { isPubsubError } from "../../../packages/pubsub/src/index.ts";
import {
  createTopicTokenAuthorizer,
  type MintTopicTokenOptions,
  mintTopicToken,
  type TopicTokenAuthorizerOptions,
} from "../../../packages/pubsub/src/tokens/index.ts";
import { consumerOf, rejectionOf } from "../../support/samples.ts";
import { forgeToken, topicClaims } from "../../support/topic-tokens.ts";

const secret = "a secret of thirty-two bytes, or more";
const event = { requestContext: {} };

interface Ask {
  action?: "SUBSCRIBE" | "PUBLISH";
  topicId?: string;
  connectionId?: string;
  token?: string | undefined;
}

/** Returns `allowed`, or the code of the rejection. */
async function ask(
  options: TopicTokenAuthorizerOptions,
  { action = "SUBSCRIBE", topicId = "room", connectionId = "client=", token }: Ask,
): Promise<string> {
  const authorize = createTopicTokenAuthorizer(options);
  const request = { action, topicId, token, consumer: consumerOf(connectionId), event };
  try {
    const granted = await authorize(request);
    return typeof granted === "object" && granted.allow ? "allowed" : "nothing";
  } catch (error) {
    if (!isPubsubError(error)) throw error;
    if (token !== undefined) expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(token);
    expect(error.cause).toBeUndefined();
    return error.code;
  }
}

const pem = ({
  publicKey,
  privateKey,
}: KeyPairKeyObjectResult): { publicPem: string; privatePem: string } => ({
  publicPem: String(publicKey.export({ type: "spki", format: "pem" })),
  privatePem: String(privateKey.export({ type: "pkcs8", format: "pem" })),
});
const ed25519 = pem(generateKeyPairSync("ed25519"));
const p256 = pem(generateKeyPairSync("ec", { namedCurve: "P-256" }));
const rsa = pem(generateKeyPairSync("rsa", { modulusLength: 2_048 }));
const p384 = pem(generateKeyPairSync("ec", { namedCurve: "P-384" }));

describe("a minted token", () => {
  it("has only the claims for its subject, topics, connection and times", async () => {
    const token = await mintTopicToken({ topicId: "room", secret, subject: "ada", connectionId: "c=" });
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256" });
    const { iat = 0, ...claims } = decodeJwt(token);
    expect(Math.abs(iat - Date.now() / 1_000)).toBeLessThan(10);
    const [iss, aud] = ["lambda-websocket-pubsub", "lambda-websocket-pubsub"];
    const expected = { iss, aud, exp: iat + 300, topics: ["room"], sub: "ada", connectionId: "c=" };
    expect(claims).toEqual(expected);
    const short = decodeJwt(await mintTopicToken({ topicIds: ["a", "b"], secret, expiresInSeconds: 60 }));
    expect(short).toEqual({ iss, aud, iat: short.iat, exp: (short.iat ?? 0) + 60, topics: ["a", "b"] });
  });

  it("allows its topics and no other", async () => {
    const token = await mintTopicToken({ topicIds: ["room", "caf\u00e9"], secret });
    const answers = [
      "room",
      "caf\u00e9",
      "cafe\u0301",
      "Room",
      "room ",
      "roo",
      "rooms",
      "__proto__",
      "0",
      "length",
    ].map((topicId) => ask({ secret }, { topicId, token }));
    expect(await Promise.all(answers)).toEqual([
      "allowed",
      "allowed",
      ...Array<string>(8).fill("TOKEN_OF_OTHER_TOPIC"),
    ]);
  });

  it.each(["$user/7", "$members/room"])("cannot name the reserved topic %s", async (topicId) => {
    const reserved = { code: "INVALID_TOPIC_ID", message: expect.stringContaining("which is reserved") };
    await expect(mintTopicToken({ topicId, secret })).rejects.toMatchObject(reserved);
    await expect(mintTopicToken({ publish: [topicId], secret })).rejects.toMatchObject(reserved);
    // Another language may mint it
    const token = await forgeToken(topicClaims({ topics: [topicId], publish: [topicId] }), secret);
    for (const action of ["SUBSCRIBE", "PUBLISH"] as const) {
      expect(await ask({ secret }, { action, topicId, token })).toBe("TOKEN_OF_OTHER_TOPIC");
    }
  });

  it("allows a PUBLISH only of the topics in `publish`, and a SUBSCRIBE only of the others that it names", async () => {
    const publish = { action: "PUBLISH", topicId: "room" } as const;
    const reader = await mintTopicToken({ topicId: "room", secret });
    expect(await ask({ secret }, { ...publish, token: reader })).toBe("TOKEN_OF_OTHER_TOPIC");
    const writer = await mintTopicToken({ publish: ["room"], secret, connectionId: "client=" });
    expect(decodeJwt(writer)).not.toHaveProperty("topics");
    expect(decodeJwt(writer)).toMatchObject({ publish: ["room"] });
    expect(await ask({ secret }, { ...publish, token: writer })).toBe("allowed");
    expect(await ask({ secret }, { ...publish, topicId: "hall", token: writer })).toBe(
      "TOKEN_OF_OTHER_TOPIC",
    );
    expect(await ask({ secret }, { ...publish, connectionId: "thief=", token: writer })).toBe(
      "TOKEN_OF_OTHER_CONNECTION",
    );
    expect(await ask({ secret }, { token: writer })).toBe("TOKEN_OF_OTHER_TOPIC");
    const both = await mintTopicToken({ topicIds: ["room", "hall"], publish: ["room"], secret });
    const asked = [{ ...publish }, { ...publish, topicId: "hall" }, { topicId: "room" }, { topicId: "hall" }];
    expect(await Promise.all(asked.map((each) => ask({ secret }, { ...each, token: both })))).toEqual([
      "allowed",
      "TOKEN_OF_OTHER_TOPIC",
      "allowed",
      "allowed",
    ]);
    expect(await ask({ secret }, { ...publish })).toBe("TOKEN_MISSING");
  });

  it("is rejected on another connection than the one that it is bound to", async () => {
    const token = await mintTopicToken({ topicId: "room", secret, connectionId: "client=" });
    expect(await ask({ secret }, { token })).toBe("allowed");
    expect(await ask({ secret }, { token, connectionId: "thief=" })).toBe("TOKEN_OF_OTHER_CONNECTION");
  });

  it("is signed with an Ed25519 or P-256 key, and is verified with only the public key", async () => {
    for (const { publicPem, privatePem } of [ed25519, p256]) {
      const token = await mintTopicToken({ topicId: "room", privateKey: privatePem });
      expect(await ask({ secret, publicKeys: [publicPem] }, { token })).toBe("allowed");
      expect(await ask({ publicKeys: [publicPem] }, { token, topicId: "other" })).toBe(
        "TOKEN_OF_OTHER_TOPIC",
      );
      expect(await ask({ secret }, { token })).toBe("TOKEN_INVALID");
    }
  });

  it("is accepted while its secret is one of several, and rejected after that", async () => {
    const next = "another secret of thirty-two bytes";
    const token = await mintTopicToken({ topicId: "room", secret });
    const bytes = new TextEncoder().encode(secret);
    expect(await ask({ secrets: [next, secret] }, { token })).toBe("allowed");
    expect(await ask({ secret: next, secrets: [bytes] }, { token })).toBe("allowed");
    expect(await ask({ secrets: [next] }, { token })).toBe("TOKEN_INVALID");
  });
});

describe("the authorizer", () => {
  it("allows every CONNECT", async () => {
    const authorize = createTopicTokenAuthorizer({ secret });
    expect(await authorize({ action: "CONNECT", consumer: consumerOf("c"), event })).toBe(true);
  });

  // A token used to decide only who may subscribe: the subscription lived on for up to two hours, whatever expired
  it("grants no more than the token says: its user, since it was issued, until it expires", async () => {
    const authorize = createTopicTokenAuthorizer({ secret });
    const token = await forgeToken(topicClaims({ sub: "user-7" }), secret);
    const { iat, exp } = decodeJwt(token);
    const request = {
      action: "SUBSCRIBE" as const,
      topicId: "room",
      token,
      consumer: consumerOf("c"),
      event,
    };
    const granted = { allow: true, until: exp, issuedAt: iat, userId: "user-7" };
    expect(await authorize(request)).toEqual(granted);
  });

  it("rejects a request without a token", async () => {
    expect(await ask({ secret }, {})).toBe("TOKEN_MISSING");
  });

  const seconds = (offset: number): number => Math.floor(Date.now() / 1_000) + offset;
  it.each<[string, () => Record<string, unknown>, string]>([
    ["allows valid claims", () => ({}), "allowed"],
    [
      "allows claims from a clock that is 3 s ahead",
      () => ({ iat: seconds(3), exp: seconds(60) }),
      "allowed",
    ],
    [
      // The subscription that they allow would end before it began
      "rejects claims that expired 3 s ago, although clocks may differ by 5 s",
      () => ({ iat: seconds(-60), exp: seconds(-3) }),
      "TOKEN_EXPIRED",
    ],
    ["rejects claims that expired 7 s ago", () => ({ iat: seconds(-60), exp: seconds(-7) }), "TOKEN_EXPIRED"],
    [
      "rejects claims that are issued in 60 s",
      () => ({ iat: seconds(60), exp: seconds(120) }),
      "TOKEN_INVALID",
    ],
    ["rejects claims that are not valid yet", () => ({ nbf: seconds(60) }), "TOKEN_INVALID"],
    ["allows claims that are valid for a day", () => ({ exp: seconds(86_399) }), "allowed"],
    ["rejects claims that are valid for more than a day", () => ({ exp: seconds(86_500) }), "TOKEN_INVALID"],
    ["rejects claims that never expire", () => ({ exp: Number.MAX_VALUE }), "TOKEN_INVALID"],
    [
      "rejects claims that were issued two days ago and have not reached exp",
      () => ({ iat: seconds(-172_800) }),
      "TOKEN_EXPIRED",
    ],
    ["rejects claims without exp", () => ({ exp: undefined }), "TOKEN_INVALID"],
    ["rejects claims without iat", () => ({ iat: undefined }), "TOKEN_INVALID"],
    ["rejects claims with a time as a string", () => ({ exp: String(seconds(60)) }), "TOKEN_INVALID"],
    ["rejects claims for another audience", () => ({ aud: "api.example.com" }), "TOKEN_INVALID"],
    ["rejects claims without an audience", () => ({ aud: undefined }), "TOKEN_INVALID"],
    ["rejects claims of another issuer", () => ({ iss: "https://login.example.com" }), "TOKEN_INVALID"],
    ["rejects claims without topics", () => ({ topics: undefined }), "TOKEN_INVALID"],
    ["rejects claims with an empty list of topics", () => ({ topics: [] }), "TOKEN_INVALID"],
    ["rejects claims with topics as a string", () => ({ topics: "room" }), "TOKEN_INVALID"],
    ["rejects claims with topics as an object", () => ({ topics: { includes: "room" } }), "TOKEN_INVALID"],
    ["rejects claims with a topic that is a number", () => ({ topics: ["room", 5] }), "TOKEN_INVALID"],
    [
      "rejects claims with an empty list for publishing only",
      () => ({ topics: [], publish: [] }),
      "TOKEN_INVALID",
    ],
    ["rejects claims with `publish` as a string", () => ({ publish: "room" }), "TOKEN_INVALID"],
    ["rejects claims with `publish` as null", () => ({ publish: null }), "TOKEN_INVALID"],
    ["rejects claims with a topic of `publish` that is a number", () => ({ publish: [5] }), "TOKEN_INVALID"],
    ["allows claims with an empty list for publishing", () => ({ publish: [] }), "allowed"],
    ["allows claims of a user", () => ({ sub: "user-7" }), "allowed"],
    ["rejects claims of a user that is no text", () => ({ sub: 7 }), "TOKEN_INVALID"],
    ["rejects claims of a user without a name", () => ({ sub: "" }), "TOKEN_INVALID"],
    ["rejects claims with a connection that is null", () => ({ connectionId: null }), "TOKEN_INVALID"],
  ])("%s", async (_, changes, expected) => {
    const token = await forgeToken(topicClaims(changes()), secret);
    expect(await ask({ secret }, { token })).toBe(expected);
  });

  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (header: object, key: string): string => {
    const text = `${part(header)}.${part(topicClaims())}`;
    return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
  };
  it.each<[string, () => string | Promise<string>]>([
    ["no algorithm", () => `${part({ alg: "none" })}.${part(topicClaims())}.`],
    ["no algorithm, in other capitals", () => `${part({ alg: "None" })}.${part(topicClaims())}.`],
    ["no algorithm and a signature", () => signed({ alg: "none" }, secret)],
    ["another algorithm and the right secret", () => forgeToken(topicClaims(), secret, "HS512")],
    ["another hash and the right secret", () => forgeToken(topicClaims(), secret, "HS384")],
    ["the public key as its secret", () => signed({ alg: "HS256" }, ed25519.publicPem)],
    ["the wrong algorithm for the key", () => signed({ alg: "EdDSA" }, secret)],
    ["an empty secret", () => signed({ alg: "HS256" }, "")],
    ["a key of its own", () => signed({ alg: "HS256", jwk: { kty: "oct", k: "" } }, "thief")],
    ["an unknown critical extension", () => signed({ alg: "HS256", crit: ["own"], own: true }, secret)],
    ["a payload that is not encoded", () => signed({ alg: "HS256", b64: false, crit: ["b64"] }, secret)],
    ["one part", () => "one-part-alone"],
    ["four parts", () => `${signed({ alg: "HS256" }, secret)}.e30`],
    ["padding", () => `${signed({ alg: "HS256" }, secret)}=`],
    ["a line break", () => `${signed({ alg: "HS256" }, secret)}\n`],
  ])("rejects a token with %s", async (_, forge) => {
    const token = await forge();
    expect(await ask({ secret, publicKeys: [ed25519.publicPem] }, { token })).toBe("TOKEN_INVALID");
  });
});

describe("keys and options", () => {
  const weak = "shorter than 32 bytes";
  const mint = (options: object): Promise<unknown> => mintTopicToken(options as MintTopicTokenOptions);

  it.each<[object, string]>([
    [{ topicId: "room", secret: weak }, "secret must be at least 32 bytes; got 21"],
    [{ topicId: "room", secret: "" }, "secret must be at least 32 bytes; got 0"],
    [{ topicId: "room", secret: 5 }, "secret must be text or bytes; got a value of type number"],
    [{ topicId: "room", secret: ed25519.publicPem }, "secret must be a secret; got a public key in PEM"],
    [{ topicId: "room" }, "must be given either secret or privateKey"],
    [
      { topicId: "room", secret, privateKey: ed25519.privatePem },
      "must be given either secret or privateKey",
    ],
    [
      { topicId: "room", privateKey: rsa.privatePem },
      "privateKey must be an Ed25519 or P-256 private key in PEM; got another one",
    ],
    [
      { topicId: "room", privateKey: p384.privatePem },
      "privateKey must be an Ed25519 or P-256 private key in PEM; got another one",
    ],
    [
      { topicId: "room", privateKey: weak },
      "privateKey must be an Ed25519 or P-256 private key in PEM; got none",
    ],
    [{ secret }, "must be given either topicId or topicIds, or publish, or publish and one of them"],
    [{ secret, topicId: "a", topicIds: ["b"] }, "must be given either topicId or topicIds"],
    [{ secret, topicId: "a", topicIds: ["b"], publish: ["c"] }, "must be given either topicId or topicIds"],
    [{ secret, topicId: "a", publish: [] }, "publish must be an array of topics; got an array of 0"],
    [{ secret, publish: "a" }, 'publish must be an array of topics; got "a"'],
    [{ secret, publish: ["a\n"] }, "topicId must not contain control characters"],
    [{ secret, topicIds: [] }, "topicIds must be an array of topics; got an array of 0"],
    [{ secret, topicIds: ["a", "\ud800"] }, "topicId must be well-formed Unicode"],
    [{ secret, topicId: "a\u0000" }, "topicId must not contain control characters"],
    [
      { secret, topicId: "a", expiresInSeconds: 0 },
      "expiresInSeconds must be a whole number from 1 to 86400",
    ],
    [
      { secret, topicId: "a", expiresInSeconds: 86_401 },
      "expiresInSeconds must be a whole number from 1 to 86400",
    ],
    [{ secret, topicId: "a", connectionId: "" }, "connectionId must be 1 to 512 bytes"],
    [{ secret, topicId: "a", subject: 7 }, "subject must be a string; got 7"],
    [{ secret, topicId: "a", topic: "a" }, "mintTopicToken has no option topic; it has topicId"],
    [
      { secret, topicIds: Array.from({ length: 40 }, (_, n) => `${n}${"x".repeat(90)}`) },
      "of at most 4096 characters",
    ],
  ])("mintTopicToken rejects invalid options %# without the key in its message", async (options, message) => {
    const error = (await rejectionOf(mint(options))) as Error;
    expect(error.message).toContain(message);
    expect(isPubsubError(error)).toBe(true);
    for (const key of [secret, weak, ed25519.privatePem.slice(30, 60)])
      expect(error.message).not.toContain(key);
  });

  const create = (options: object) => (): unknown =>
    createTopicTokenAuthorizer(options as TopicTokenAuthorizerOptions);
  it.each<[object, string]>([
    [{}, "must be given 1 to 10 of secret, secrets and publicKeys; got 0"],
    [{ secrets: [] }, "must be given 1 to 10 of secret, secrets and publicKeys; got 0"],
    [{ secrets: Array(11).fill(secret) }, "must be given 1 to 10 of secret, secrets and publicKeys; got 11"],
    [{ secrets: secret }, "secrets must be an array"],
    [{ secrets: [secret, weak] }, "secrets[1] must be at least 32 bytes; got 21"],
    [{ secrets: [secret, undefined] }, "secrets[1] must be text or bytes; got a value of type undefined"],
    [
      { publicKeys: [rsa.publicPem] },
      "publicKeys[0] must be an Ed25519 or P-256 public key in PEM; got another one",
    ],
    [{ secret, algorithms: ["none"] }, "createTopicTokenAuthorizer has no option algorithms"],
  ])(
    "createTopicTokenAuthorizer throws for invalid options %# without the key in its message",
    (options, message) => {
      expect(create(options)).toThrow(message);
      for (const key of [secret, weak]) expect(create(options)).not.toThrow(key);
    },
  );

  it("accepts ten keys, and a token that is valid for a day", async () => {
    const token = await mintTopicToken({ topicId: "room", secret, expiresInSeconds: 86_400 });
    expect(await ask({ secrets: Array(10).fill(secret) as string[] }, { token })).toBe("allowed");
  });

  it("accepts a secret of exactly 32 bytes, counted as UTF-8", async () => {
    const short = "\u00fc".repeat(16);
    expect(
      await ask({ secret: short }, { token: await mintTopicToken({ topicId: "room", secret: short }) }),
    ).toBe("allowed");
  });
});
