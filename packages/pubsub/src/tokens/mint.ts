import { SignJWT } from "jose";
import { PubsubError } from "../core/errors.ts";
import { assertTopicId, idProblem } from "../core/ids.ts";
import { TOKEN_LENGTH_MAX } from "../core/limits.ts";
import { checkOptions, invalid } from "../core/options/check-options.ts";
import { checkedLater, type OptionRule, type RulesFor, wholeNumber } from "../core/options/option-rules.ts";
import { TOKEN_PARTY, TOKEN_SECONDS_DEFAULT, TOKEN_SECONDS_MAX } from "./claims.ts";
import { privateKey, secretKey, type TokenKey, type TopicTokenSecret } from "./keys.ts";

export interface MintTopicTokenOptions {
  /** The topic that the token lets its bearer into. */
  topicId?: string | undefined;
  /** Instead of `topicId`: several of them. */
  topicIds?: readonly string[] | undefined;
  /** At least 32 bytes, the same as the authorizer's: signs with HS256. */
  secret?: TopicTokenSecret | undefined;
  /** Instead of `secret`: an Ed25519 or P-256 key in PEM (PKCS #8), whose public key is the authorizer's. */
  privateKey?: string | undefined;
  /** How long it may be used to subscribe, 1 to 86,400. Default 300. The subscription then lasts by itself. */
  expiresInSeconds?: number | undefined;
  /** Whom it was minted for. Nothing here looks at it. */
  subject?: string | undefined;
  /** The one connection that may use it. */
  connectionId?: string | undefined;
}

const secret: OptionRule = { ...checkedLater, secret: true };

const rules: RulesFor<MintTopicTokenOptions> = {
  topicId: checkedLater,
  topicIds: checkedLater,
  secret,
  privateKey: secret,
  expiresInSeconds: wholeNumber(1, TOKEN_SECONDS_MAX),
  subject: checkedLater,
  connectionId: checkedLater,
};

/**
 * A token, for a back end to hand to a client that may subscribe to a topic. Text of at most 4,096 characters.
 *
 * Throws `INVALID_ARGUMENT`, or `INVALID_TOPIC_ID`.
 *
 * @example
 * ```ts
 * import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
 *
 * const token = await mintTopicToken({ topicId: "room-1", secret, subject: user.id });
 * ```
 */
export async function mintTopicToken(options: MintTopicTokenOptions): Promise<string> {
  checkOptions("mintTopicToken", options, rules);
  const { expiresInSeconds = TOKEN_SECONDS_DEFAULT, subject, connectionId } = options;
  const { key, algorithm } = keyOf(options);
  const topics = topicsOf(options);
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
    topics,
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

function topicsOf({ topicId, topicIds }: MintTopicTokenOptions): readonly string[] {
  if ((topicId === undefined) === (topicIds === undefined)) {
    throw new PubsubError("INVALID_ARGUMENT", "mintTopicToken must be given either topicId or topicIds");
  }
  const topics = topicIds ?? [topicId];
  if (!Array.isArray(topics) || topics.length === 0) throw invalid("topicIds", "an array of topics", topics);
  return topics.map((each: unknown) => {
    assertTopicId(each);
    return each;
  });
}
