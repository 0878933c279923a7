import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ATTEMPTS, type Party, statementsOf } from "./policy/attempts.ts";
import { type Call, policyRequestsOf } from "./policy/dynamodb-requests.ts";
import { isAllowed } from "./policy/evaluate-policy.ts";
import { producerCalls, websocketCalls } from "./policy/library-calls.ts";
import type { Suite, Synthesized } from "./suite.ts";
import { REPOSITORY } from "./synth/sst-platform.ts";

/** What docs/security.md says that a party can't do is tried with the party's permissions. */
export const testClaims: Suite = (stage) => {
  describeClaims(stage, {
    "API Gateway": undefined,
    "websocket function": websocketCalls,
    "fan-out function": undefined,
    producer: producerCalls,
  });
};

type Record = () => Promise<Call[]>;

/** Tests the parties, each with what records the library's calls in its role, if anything does. */
export function describeClaims(
  stage: () => Synthesized,
  parties: { readonly [Name in Party]?: Record | undefined },
): void {
  const names = Object.keys(parties) as Party[];
  describe("the trust boundaries", () => {
    it.each(names)("are tried as docs/security.md states them: %s", (party) => {
      expect(documentedClaims(party)).toEqual(Object.keys(ATTEMPTS[party]));
    });

    const claims = names.flatMap((party) =>
      Object.keys(ATTEMPTS[party]).map((claim) => [party, claim] as const),
    );
    it.each(claims)("do not let the %s %s", (party, claim) => {
      const results = ATTEMPTS[party][claim]?.(stage(), statementsOf(stage(), party)) ?? [];
      expect(results.length).toBeGreaterThan(0);
      expect(results.filter((isPossible) => isPossible)).toEqual([]);
    });

    const recorded = names.flatMap((party): [Party, Record][] => {
      const record = parties[party];
      return record ? [[party, record]] : [];
    });
    it.each(recorded)("let the %s make every call of the library, and no other", async (party, record) => {
      const statements = statementsOf(stage(), party);
      const asked = (await record()).flatMap((call) => policyRequestsOf(call, stage().arn("table")));
      expect(asked.filter((request) => !isAllowed(statements, request))).toEqual([]);
      const unused = statements
        .flatMap((statement) => statement.Action.map((action) => ({ ...statement, Action: [action] })))
        .filter(({ Action }) => Action.some((action) => action.startsWith("dynamodb:")))
        .filter((statement) => !asked.some((request) => isAllowed([statement], request)));
      expect(unused).toEqual([]);
    });
  });
}

/** The last column of the table of parties. */
function documentedClaims(party: Party): string[] {
  const text = readFileSync(path.join(REPOSITORY, "docs/security.md"), "utf8");
  const row = text.split("\n").find((line) => line.startsWith(`| ${party} `));
  const claims = row?.split("|").at(-2)?.trim();
  return claims?.split("; ") ?? [];
}
