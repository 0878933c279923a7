import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ATTEMPTS, type Party, statementsOf } from "./policy/attempts.ts";
import { policyRequestsOf } from "./policy/dynamodb-requests.ts";
import { isAllowed } from "./policy/evaluate-policy.ts";
import { producerCalls, websocketCalls } from "./policy/library-calls.ts";
import type { Suite } from "./suite.ts";
import { REPOSITORY } from "./synth/sst-platform.ts";

/** What docs/security.md says that a party can't do is tried with the party's permissions. */
export const testClaims: Suite = (stage) => {
  describe("the trust boundaries", () => {
    it.each(Object.keys(ATTEMPTS) as Party[])("are tried as docs/security.md states them: %s", (party) => {
      expect(documentedClaims(party)).toEqual(Object.keys(ATTEMPTS[party]));
    });

    const claims = Object.entries(ATTEMPTS).flatMap(([party, attempts]) =>
      Object.keys(attempts).map((claim) => [party as Party, claim] as const),
    );
    it.each(claims)("denies the %s to %s", (party, claim) => {
      const results = ATTEMPTS[party][claim]?.(stage(), statementsOf(stage(), party)) ?? [];
      expect(results.length).toBeGreaterThan(0);
      expect(results.filter((isPossible) => isPossible)).toEqual([]);
    });

    it.each([
      ["websocket function", websocketCalls],
      ["producer", producerCalls],
    ] as const)("allows the %s every call that the library makes, and no other", async (party, record) => {
      const statements = statementsOf(stage(), party);
      const asked = (await record()).flatMap((call) => policyRequestsOf(call, stage().arn("table")));
      expect(asked.filter((request) => !isAllowed(statements, request))).toEqual([]);
      const granted = statements
        .flatMap(({ Action }) => Action)
        .filter((action) => /^dynamodb:/.test(action));
      expect([...new Set(asked.map(({ action }) => action))].sort()).toEqual([...new Set(granted)].sort());
    });
  });
};

/** The last column of the table of parties. */
function documentedClaims(party: Party): string[] {
  const text = readFileSync(path.join(REPOSITORY, "docs/security.md"), "utf8");
  const row = text.split("\n").find((line) => line.startsWith(`| ${party} `));
  const claims = row?.split("|").at(-2)?.trim();
  return claims?.split("; ") ?? [];
}
