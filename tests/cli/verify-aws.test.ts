/**
 * The checks that only AWS can decide: what `pubsub verify` makes of the answers of Lambda, IAM and CloudWatch. The answers
 * are a stand-in's, so these tests say nothing about AWS itself.
 */
import { expect, it } from "vitest";
import { type StandInAnswers, startAwsStandIn } from "../support/aws-stand-in.ts";
import { stackForFile } from "../support/local-stack.ts";
import { asDeployed, runPubsub, type Verified } from "../support/verify.ts";

const local = stackForFile();

const IDS = ["recursive-loop", "least-privilege", "dead-letter-alarm", "logs", "metrics"];

/** Checks the local stack as if it were deployed. Returns what each check decided and saw. */
async function verifyDeployed(
  answers: StandInAnswers,
  ids: readonly string[] = IDS,
): Promise<{ code: number | null; outcomes: Record<string, [boolean | null, string]> }> {
  const { flags, env } = asDeployed(local.stack);
  const { code, stdout } = await runPubsub(["verify", ...flags, "--json", "--only", ids.join(",")], {
    ...env,
    ...(await startAwsStandIn(answers)),
  });
  const { verify } = JSON.parse(stdout) as { verify: Verified };
  expect(verify.target).toBe(local.stack.websocketUrl);
  return {
    code,
    outcomes: Object.fromEntries(verify.checks.map(({ id, holds, saw }) => [id, [holds, saw]])),
  };
}

it("passes a stage whose function allows recursive loops, has no needless permission, and whose telemetry arrives", async () => {
  const { outcomes, code } = await verifyDeployed({
    allowed: [],
    recursiveLoop: "Allow",
    logEvents: 1,
    delivered: 2,
    alarms: [true],
  });
  expect(outcomes).toEqual({
    "recursive-loop": [true, "Allow"],
    "least-privilege": [true, "all are refused"],
    "dead-letter-alarm": [true, "alarms: 1, with actions enabled: 1"],
    logs: [true, "it arrived"],
    metrics: [true, "Delivered 2 of service pubsub-test"],
  });
  expect(code).toBe(0);
});

it("fails a stage that terminates loops, may scan its table, or has no alarm that acts, and names each", async () => {
  const ids = ["recursive-loop", "least-privilege", "dead-letter-alarm"];
  const answers = { allowed: ["dynamodb:Scan"], recursiveLoop: "Terminate", alarms: [false] } as const;
  const { outcomes, code } = await verifyDeployed(answers, ids);
  expect(outcomes).toEqual({
    "recursive-loop": [false, "Terminate"],
    "least-privilege": [false, "allowed: dynamodb:Scan"],
    "dead-letter-alarm": [false, "alarms: 1, with actions enabled: 0"],
  });
  expect(code).toBe(1);
});

it("skips what the caller's credentials may not read, and says so", async () => {
  const { outcomes, code } = await verifyDeployed({});
  for (const id of IDS) {
    expect(outcomes[id]).toEqual([null, expect.stringContaining("these credentials may not read")]);
  }
  expect(code).toBe(0);
});
