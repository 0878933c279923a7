import { SignJWT } from "jose";

/** Claims as `mintTopicToken` writes them. */
export const topicClaims = (changes: Record<string, unknown> = {}): Record<string, unknown> => {
  const iat = Math.floor(Date.now() / 1_000);
  const party = "lambda-websocket-pubsub";
  return { iss: party, aud: party, iat, exp: iat + 300, topics: ["room"], ...changes };
};

/** A token with any claims, signed as `mintTopicToken` would: what a back end in another language may send. */
export const forgeToken = (
  claims: Record<string, unknown>,
  secret: string,
  alg: string = "HS256",
): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
