import { SignJWT } from "jose";

/** Returns claims as `mintTopicToken` writes them. */
export const topicClaims = (changes: Record<string, unknown> = {}): Record<string, unknown> => {
  const iat = Math.floor(Date.now() / 1_000);
  const party = "lambda-websocket-pubsub";
  return { iss: party, aud: party, iat, exp: iat + 300, topics: ["room"], ...changes };
};

/** Signs any claims as `mintTopicToken` does. A back end in another language may send such a token. */
export const forgeToken = (
  claims: Record<string, unknown>,
  secret: string,
  alg: string = "HS256",
): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
