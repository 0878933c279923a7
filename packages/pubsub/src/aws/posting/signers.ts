import type { ManagementEndpoint } from "./endpoint.ts";
import { createPostSigner, createSigningKeys, type PostSigner, type SigningIdentity } from "./sigv4.ts";

/** Whose posts these are. The SDK's own providers: they keep what they got until shortly before it expires. */
export interface PostIdentity {
  credentials(options?: { forceRefresh?: boolean }): Promise<SigningIdentity>;
  region(): Promise<string>;
}

export interface Signers {
  /** The signer for now, if there is one already. */
  current(): PostSigner | undefined;
  renew(): Promise<PostSigner>;
  /** The credentials were refused: newer ones are fetched next, even if these should still be valid. */
  distrust(): void;
}

/** The date is signed to the second; credentials are asked for as often, so that rotated ones are followed. */
const SIGNER_MS = 1_000;

export function createSigners(endpoint: ManagementEndpoint, identity: PostIdentity): Signers {
  let keys: ReturnType<typeof createSigningKeys> | undefined;
  let signer: PostSigner | undefined;
  let madeAtMs = 0;
  let renewing: Promise<PostSigner> | undefined;
  let distrusted = false;

  async function make(): Promise<PostSigner> {
    const region = endpoint.region ?? (await identity.region());
    const credentials = await fetchCredentials();
    keys ??= createSigningKeys(region);
    madeAtMs = Date.now();
    signer = createPostSigner({ ...endpoint, region, keys }, credentials, madeAtMs);
    return signer;
  }

  async function fetchCredentials(): Promise<SigningIdentity> {
    const forceRefresh = distrusted;
    // Before they come, so that a refusal meanwhile is not forgotten
    distrusted = false;
    try {
      return await identity.credentials(forceRefresh ? { forceRefresh } : {});
    } catch (error) {
      distrusted ||= forceRefresh;
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
