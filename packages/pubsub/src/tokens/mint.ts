import { SignJWT } from "jose";
import { PubsubError } from "../core/errors.ts";
import { assertTopicId, idProblem } from "../core/ids.ts";
import { TOKEN_LENGTH_MAX, TOKEN_SECONDS_MAX } from "../core/limits.ts";
import { checkOptions, invalid } from "../core/options/check-options.ts";
import {
  checkedLater,
  flag,
  type OptionRule,
  type RulesFor,
  wholeNumber,
} from "../core/options/option-rules.ts";
import { reservedProblem } from "../core/reserved-topics.ts";
import { TOKEN_PARTY, TOKEN_SECONDS_DEFAULT, WILDCARDS_VERSION } from "./claims.ts";
import { privateKey, secretKey, type TokenKey, type TopicTokenSecret } from "./keys.ts";
import { patternProblem } from "./patterns.ts";

export interface MintTopicTokenOptions {
  /** The topic that the token allows its bearer to subscribe to. */
  topicId?: string | undefined;
  /** Several topics, instead of `topicId`. With `publish`, both may be absent. */
  topicIds?: readonly string[] | undefined;
  /** The topics that the token allows its bearer to publish to. Default: none. */
  publish?: readonly string[] | undefined;
  /**
   * Whether a topic, also in `publish`, may end in a wildcard: `room/*` are all topics with exactly one more segment after
   * `room/`, and `room/**` those with one or more. Default false: `*` is a character like any other.
   */
  wildcards?: boolean | undefined;
  /** The authorizer's secret, at least 32 bytes. Signs with HS256. */
  secret?: TopicTokenSecret | undefined;
  /** An Ed25519 or P-256 key in PEM (PKCS #8), instead of `secret`. The authorizer has its public key. */
  privateKey?: string | undefined;
  /** How long the token is valid, 1 to 86,400. Default 300. When it expires, the subscriptions that it allowed end. */
  expiresInSeconds?: number | undefined;
  /** The user that the token is minted for: 1 to 512 bytes. `revoke` needs it to put out a user. */
  subject?: string | undefined;
  /** The only connection that may use the token. */
  connectionId?: string | undefined;
}

const secret: OptionRule = { ...checkedLater, secret: true };

const rules: RulesFor<MintTopicTokenOptions> = {
  topicId: checkedLater,
  topicIds: checkedLater,
  publish: checkedLater,
  wildcards: flag,
  secret,
  privateKey: secret,
  expiresInSeconds: wholeNumber(1, TOKEN_SECONDS_MAX),
  subject: checkedLater,
  connectionId: checkedLater,
};

/**
 * Mints a token, which a back end gives to a client that may subscribe or publish to topics. Resolves to a text of at most 4,096
 * characters. Throws `INVALID_ARGUMENT`, `INVALID_TOPIC_ID`.
 *
 * @example
 * ```ts
 * import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
 *
 * const token = await mintTopicToken({ topicId: "room-1", publish: ["room-1"], secret, subject: user.id });
 * ```
 */
export async function mintTopicToken(options: MintTopicTokenOptions): Promise<string> {
  checkOptions("mintTopicToken", options, rules);
  const { expiresInSeconds = TOKEN_SECONDS_DEFAULT, subject, connectionId } = options;
  const { key, algorithm } = keyOf(options);
  const rights = rightsOf(options);
  for (const [name, value] of Object.entries({ subject, connectionId })) {
    const problem = value !== undefined && idProblem(name, value);
    if (problem) throw new PubsubError("INVALID_ARGUMENT", problem);
  }
  const iat = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: TOKEN_PARTY,
    aud: TOKEN_PARTY,
    iat,
    exp: iat + expiresInSeconds,
    ...rights,
    ...(subject !== undefined && { sub: subject }),
    ...(connectionId !== undefined && { connectionId }),
  };
  const token = await new SignJWT(claims).setProtectedHeader({ alg: algorithm }).sign(key);
  if (token.length > TOKEN_LENGTH_MAX) {
    const fewer = `fewer topics, or shorter names, for a token of at most ${TOKEN_LENGTH_MAX} characters`;
    throw new PubsubError("INVALID_ARGUMENT", `there must be ${fewer}; got one of ${token.length}`);
  }
  return token;
}

function keyOf({ secret: shared, privateKey: pem }: MintTopicTokenOptions): TokenKey {
  if ((shared === undefined) === (pem === undefined)) {
    throw new PubsubError("INVALID_ARGUMENT", "mintTopicToken must be given either secret or privateKey");
  }
  return pem === undefined ? secretKey("secret", shared) : privateKey("privateKey", pem);
}

/** Returns the claims that name topics. A claim is absent rather than empty, as in tokens before `publish`. */
function rightsOf({ topicId, topicIds, publish, wildcards = false }: MintTopicTokenOptions): {
  topics?: readonly string[];
  publish?: readonly string[];
  v?: number;
} {
  const isNamed = topicId !== undefined || topicIds !== undefined;
  if ((topicId !== undefined && topicIds !== undefined) || (!isNamed && publish === undefined)) {
    const expected = "either topicId or topicIds, or publish, or publish and one of them";
    throw new PubsubError("INVALID_ARGUMENT", `mintTopicToken must be given ${expected}`);
  }
  return {
    ...(isNamed && { topics: topicList("topicIds", topicIds ?? [topicId], wildcards) }),
    ...(publish !== undefined && { publish: topicList("publish", publish, wildcards) }),
    ...(wildcards && { v: WILDCARDS_VERSION }),
  };
}

function topicList(name: string, topics: readonly unknown[], wildcards: boolean): readonly string[] {
  if (!Array.isArray(topics) || topics.length === 0) throw invalid(name, "an array of topics", topics);
  return topics.map((each: unknown) => {
    assertTopicId(each);
    // A token for a reserved topic would allow nothing
    const problem = reservedProblem(each) ?? (wildcards ? patternProblem(each) : undefined);
    if (problem !== undefined) throw new PubsubError("INVALID_TOPIC_ID", problem);
    return each;
  });
}
