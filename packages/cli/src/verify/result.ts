import type { CheckResult } from "./run-checks.ts";
import type { Target } from "./target.ts";

/** What `--json` prints and `--out` writes. docs/verified.md is made from it. */
export interface VerifyResult {
  verify: {
    /** `local`, or the URL of the deployed stage. */
    target: string;
    region: string;
    /** When the run ended, in UTC. */
    at: string;
    passed: number;
    failed: number;
    skipped: number;
    checks: CheckResult[];
  };
}

export function toResult(
  { kind, url }: Target,
  region: string,
  checks: readonly CheckResult[],
  at: Date = new Date(),
): VerifyResult {
  const count = (wanted: boolean | null): number => checks.filter(({ holds }) => holds === wanted).length;
  return {
    verify: {
      target: kind === "local" ? "local" : url,
      region,
      at: at.toISOString(),
      passed: count(true),
      failed: count(false),
      skipped: count(null),
      checks: [...checks],
    },
  };
}
