/**
 * Whether requests to one endpoint go directly. The SDK is the reference: where it succeeds with requests that were
 * refused when they were sent directly, the direct path is wrong, and this process stops using it
 * (docs/decisions/0012).
 */
export interface DirectPath {
  isEnabled(): boolean;
  /** The service accepted, or refused for a reason that is understood, what was sent directly. */
  worked(): void;
  /** The SDK succeeded with a request whose direct response was not understood, for this reason. */
  wasWrong(reason: string): void;
  /** Disables the path at once. */
  disable(reason: string): void;
}

export interface DirectPathDisabled {
  /** As it is signed: `execute-api`, `dynamodb` or `sqs`. */
  awsService: string;
  /** Host and path. */
  endpoint: string;
  /** The response that was not understood. */
  reason: string;
}

export type OnDirectPathDisabled = (disabled: DirectPathDisabled) => void;

/**
 * Ours. One response can be damaged on its way; five in a row, without one that is understood between them, cannot.
 * Until then each costs one more request.
 */
const MAX_WRONG_IN_A_ROW = 5;

export function createDirectPath(
  { awsService, endpoint }: Omit<DirectPathDisabled, "reason">,
  onDisabled: OnDirectPathDisabled,
): DirectPath {
  let enabled = true;
  let wrongInARow = 0;

  function disable(reason: string): void {
    if (!enabled) return;
    enabled = false;
    onDisabled({ awsService, endpoint, reason });
  }

  return {
    isEnabled: () => enabled,
    worked() {
      wrongInARow = 0;
    },
    wasWrong(reason) {
      wrongInARow += 1;
      if (wrongInARow >= MAX_WRONG_IN_A_ROW) disable(reason);
    },
    disable,
  };
}
