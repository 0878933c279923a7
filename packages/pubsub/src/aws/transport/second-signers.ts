import type { CredentialsCache } from "./credentials-cache.ts";
import type { SigningIdentity } from "./identity.ts";
import { createRequestSigner, type RequestSigner, type SigningTarget } from "./request-signer.ts";
import { createSigningKeys } from "./signing-keys.ts";

/** The signers of one endpoint: one for each second, because a signature has its date to the second. */
export interface SecondSigners {
  /** The signer for now, if the cache has credentials for it. */
  current(): RequestSigner | undefined;
  /** Rejects if there are no credentials. */
  renew(): Promise<RequestSigner>;
}

export interface SignedEndpoint extends Omit<SigningTarget, "region" | "keys"> {
  /** Default: the caller's own. */
  region?: string | undefined;
}

export function createSecondSigners(endpoint: SignedEndpoint, credentials: CredentialsCache): SecondSigners {
  let target: SigningTarget | undefined;
  let signer: RequestSigner | undefined;
  let second = Number.NaN;

  function signerFor(signing: SigningTarget, identity: SigningIdentity): RequestSigner {
    const nowMs = Date.now();
    const nowSecond = Math.floor(nowMs / 1_000);
    if (signer?.identity === identity && second === nowSecond) return signer;
    signer = createRequestSigner(signing, identity, nowMs);
    second = nowSecond;
    return signer;
  }

  return {
    current() {
      const identity = credentials.current();
      return identity && target && signerFor(target, identity);
    },
    async renew() {
      const region = target?.region ?? endpoint.region ?? (await credentials.region());
      target ??= { ...endpoint, region, keys: createSigningKeys(region, endpoint.service) };
      return signerFor(target, credentials.current() ?? (await credentials.renew()));
    },
  };
}
