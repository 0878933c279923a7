import type { CredentialsCache } from "./credentials-cache.ts";
import type { SigningIdentity } from "./identity.ts";
import { createRequestSigner, type RequestSigner, type SigningTarget } from "./request-signer.ts";
import { createSigningClock, type SigningTime, signingMs } from "./signing-clock.ts";
import { createSigningKeys } from "./signing-keys.ts";

/** The signers of one endpoint: one for each second, because a signature has its date to the second. */
export interface SecondSigners {
  /** The signer for now, if the cache has credentials for it. */
  current(): SecondSigner | undefined;
  /** Rejects if there are no credentials. */
  renew(): Promise<SecondSigner>;
  /** Corrects the time of all later signers if a refusal shows that this signer's is wrong. Returns whether it did. */
  correct(refusal: { date?: string | undefined }, signer: SecondSigner): boolean;
}

export interface SecondSigner extends RequestSigner {
  /** When its second began to be used. */
  readonly signedAt: SigningTime;
}

export interface SignedEndpoint extends Omit<SigningTarget, "region" | "keys"> {
  /** Default: the caller's own. */
  region?: string | undefined;
}

export function createSecondSigners(endpoint: SignedEndpoint, credentials: CredentialsCache): SecondSigners {
  let target: SigningTarget | undefined;
  const clock = createSigningClock();
  let signer: SecondSigner | undefined;
  let second = Number.NaN;

  function signerFor(signing: SigningTarget, identity: SigningIdentity): SecondSigner {
    const signedAt = clock.now();
    const nowMs = signingMs(signedAt);
    const nowSecond = Math.floor(nowMs / 1_000);
    if (signer?.identity === identity && second === nowSecond) return signer;
    signer = { ...createRequestSigner(signing, identity, nowMs), signedAt };
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
    correct: (refusal, { signedAt }) => clock.correct(refusal, signedAt),
  };
}
