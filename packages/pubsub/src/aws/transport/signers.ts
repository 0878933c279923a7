import type { ManagementEndpoint } from "../management-api/endpoint.ts";
import { type CallerIdentity, createSigningKeys, type SigningIdentity } from "./signing.ts";
import { createPostSigner, POST_SERVICE, type PostSigner } from "./sigv4.ts";

export interface Signers {
  /** The signer for now, if there is one already. */
  current(): PostSigner | undefined;
  renew(): Promise<PostSigner>;
  /** The credentials were refused: newer ones are fetched next, even if these should still be valid. */
  distrust(): void;
}

/** The date is signed to the second; credentials are asked for as often, so that rotated ones are followed. */
const SIGNER_MS = 1_000;

/** A permission that is missing is refused like credentials that are out of date, and goes on being refused. */
const FORCED_REFRESH_MS = 10_000;

export function createSigners(endpoint: ManagementEndpoint, identity: CallerIdentity): Signers {
  let keys: ReturnType<typeof createSigningKeys> | undefined;
  let signer: PostSigner | undefined;
  let madeAtMs = 0;
  let renewing: Promise<PostSigner> | undefined;
  let distrusted = false;
  let forcedAtMs = Number.NEGATIVE_INFINITY;

  async function make(): Promise<PostSigner> {
    const region = endpoint.region ?? (await identity.region());
    const credentials = await fetchCredentials();
    keys ??= createSigningKeys(region, POST_SERVICE);
    madeAtMs = Date.now();
    signer = createPostSigner({ ...endpoint, region, keys }, credentials, madeAtMs);
    return signer;
  }

  async function fetchCredentials(): Promise<SigningIdentity> {
    const forceRefresh = distrusted && Date.now() - forcedAtMs > FORCED_REFRESH_MS;
    if (!forceRefresh) return identity.credentials();
    forcedAtMs = Date.now();
    // Before they come, so that a refusal meanwhile is not forgotten
    distrusted = false;
    try {
      return await identity.credentials({ forceRefresh });
    } catch (error) {
      distrusted = true;
      forcedAtMs = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  return {
    // A clock that was set back must not keep a signature from the future
    current: () => (Math.abs(Date.now() - madeAtMs) < SIGNER_MS ? signer : undefined),
    renew() {
      renewing ??= make().finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
    distrust() {
      distrusted = true;
    },
  };
}
