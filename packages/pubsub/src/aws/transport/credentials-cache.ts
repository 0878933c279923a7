import { assertSendable, type CallerIdentity, type SigningIdentity } from "./identity.ts";

/** The credentials that sign all requests of one caller, both posts and calls. */
export interface CredentialsCache {
  /** The credentials for now, if they are in the cache. */
  current(): SigningIdentity | undefined;
  /** Asks the provider, once for all requests that wait. */
  renew(): Promise<SigningIdentity>;
  region(): Promise<string>;
  /**
   * Reports that the service refused a request signed with these credentials: the next renewal asks for newer ones,
   * even if these should still be valid. Returns whether that has been done already, so that newer credentials do
   * not help.
   */
  distrust(refused: SigningIdentity): boolean;
}

/** The provider is asked this often, so that rotated credentials are used within a second. */
const CREDENTIALS_MS = 1_000;

/** The least time between forced renewals: a missing permission is refused like expired credentials, but every time. */
const FORCED_REFRESH_MS = 10_000;

/** The posts and the calls of a process share their identity, and with it this cache. */
const caches = new WeakMap<CallerIdentity, CredentialsCache>();

export function credentialsCacheOf(identity: CallerIdentity): CredentialsCache {
  const known = caches.get(identity);
  if (known) return known;
  const cache = createCredentialsCache(identity);
  caches.set(identity, cache);
  return cache;
}

function createCredentialsCache(identity: CallerIdentity): CredentialsCache {
  let credentials: SigningIdentity | undefined;
  let fetchedAtMs = 0;
  let renewing: Promise<SigningIdentity> | undefined;
  let distrusted = false;
  let forcedAtMs = Number.NEGATIVE_INFINITY;
  /** The credentials that a forced refresh returned, and those that came soon after it. */
  const fresh = new WeakSet<SigningIdentity>();

  const wasForcedLately = (): boolean => Date.now() - forcedAtMs <= FORCED_REFRESH_MS;

  async function fetch(): Promise<SigningIdentity> {
    if (!distrusted || wasForcedLately()) return ask();
    forcedAtMs = Date.now();
    // Reset before the credentials arrive, so that a refusal in the meantime is not forgotten
    distrusted = false;
    try {
      return await ask({ forceRefresh: true });
    } catch (error) {
      distrusted = true;
      forcedAtMs = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  async function ask(options?: { forceRefresh: boolean }): Promise<SigningIdentity> {
    const isFresh = wasForcedLately();
    const { accessKeyId, secretAccessKey, sessionToken } = await identity.credentials(options);
    assertSendable({ accessKeyId, sessionToken });
    credentials = { accessKeyId, secretAccessKey, sessionToken };
    fetchedAtMs = Date.now();
    if (isFresh) fresh.add(credentials);
    return credentials;
  }

  return {
    // A clock that was set back must not keep credentials for longer
    current: () => (Math.abs(Date.now() - fetchedAtMs) < CREDENTIALS_MS ? credentials : undefined),
    renew() {
      renewing ??= fetch().finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
    region: () => identity.region(),
    distrust(refused) {
      distrusted = true;
      return wasForcedLately() && fresh.has(refused);
    },
  };
}
