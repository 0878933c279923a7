/** The time that requests to one endpoint are signed with. */
export interface SigningClock {
  now(): SigningTime;
  /**
   * Takes over the service's time, if the Date of a refusal shows that the request was signed with a wrong one. Returns
   * whether it did, so that the same request can succeed now. The request certainly did nothing.
   */
  correct(refusal: { date?: string | undefined }, signedAt: SigningTime): boolean;
}

export interface SigningTime {
  /** By the system's clock. */
  systemMs: number;
  /** What to add to it. */
  offsetMs: number;
}

export const signingMs = ({ systemMs, offsetMs }: SigningTime): number => systemMs + offsetMs;

/** As the SDK has it (`isClockSkewed`). AWS accepts signatures of the last and the next 5 minutes. */
const SKEW_MS_MIN = 240_000;

/**
 * Like the SDK, it corrects the system's clock by the difference to the service's. It learns only from refusals: the Date
 * of a response that was read late, for example after Lambda's freeze, would make a right clock wrong.
 */
export function createSigningClock(): SigningClock {
  let offsetMs = 0;
  return {
    now: () => ({ systemMs: Date.now(), offsetMs }),
    correct({ date = "" }, signedAt) {
      const serviceMs = Date.parse(date);
      const readAt = { systemMs: Date.now(), offsetMs: signedAt.offsetMs };
      const isSlow = serviceMs - signingMs(readAt) >= SKEW_MS_MIN;
      const isFast = signingMs(signedAt) - serviceMs >= SKEW_MS_MIN;
      // Without a valid date, serviceMs is NaN, and both are false
      if (isSlow || isFast) offsetMs = serviceMs - readAt.systemMs;
      return isSlow || isFast;
    },
  };
}
