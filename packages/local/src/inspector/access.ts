import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Decides which requests may use the inspector's API. */
export interface Access {
  /** Absent if none is needed. A token is valid once. */
  token?: string;
  /** Exchanges a token for the key of a session. Returns undefined if it is not the current token. */
  open(token: string): string | undefined;
  /** Whether an Authorization header has the key of a session. */
  allows(authorization: string | undefined): boolean;
}

const SECRET_BYTES = 32;
/** Each tab has one. The oldest ones end. */
const SESSIONS_MAX = 20;

/** Lets every request pass. For the local stack, whose secrets are public: its guard keeps web pages out. */
export const openAccess: Access = { open: () => undefined, allows: () => true };

/**
 * Asks for a token that is valid once. The page exchanges it for a key that it keeps for its tab and sends as a header: a
 * cookie would be sent to the other ports of this machine too. `onNewToken` is called when the token was used.
 */
export function createTokenAccess(onNewToken: (token: string) => void): Access {
  const sessions = new Set<string>();
  let token = newSecret();
  return {
    get token() {
      return token;
    },
    open(given) {
      if (!isEqual(given, token)) return undefined;
      token = newSecret();
      const key = newSecret();
      sessions.add(key);
      const [oldest] = sessions;
      if (sessions.size > SESSIONS_MAX && oldest !== undefined) sessions.delete(oldest);
      onNewToken(token);
      return key;
    },
    allows(authorization = "") {
      const [, given = ""] = /^Bearer ([\w-]{1,100})$/.exec(authorization) ?? [];
      // All of them, so that the time does not depend on which one it is
      return [...sessions].map((key) => isEqual(given, key)).includes(true);
    },
  };
}

const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64url");

/** Compares in constant time. Hashes first, because texts of different lengths can't be compared so. */
const isEqual = (one: string, other: string): boolean => timingSafeEqual(hash(one), hash(other));

const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
