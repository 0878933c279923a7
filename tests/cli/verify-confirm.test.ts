import { costOf } from "lambda-websocket-pubsub-local";
import { expect, it } from "vitest";
import type { Check } from "../../packages/cli/src/verify/check.ts";
import { allChecks } from "../../packages/cli/src/verify/checks/index.ts";
import { maySpend } from "../../packages/cli/src/verify/confirm.ts";
import { estimateDollars } from "../../packages/cli/src/verify/estimate.ts";

const aws = { kind: "aws" } as const;

function terminalThatAnswers(answer: string) {
  const questions: string[] = [];
  const ask = async (question: string): Promise<string> => {
    questions.push(question);
    return answer;
  };
  return { questions, terminal: { isPresent: true, ask } };
}

it.each([
  ["y", true],
  ["YES", true],
  ["", false],
  ["no", false],
])("asks before it spends more than 5 cents, and takes %j for %s", async (answer, may) => {
  const { questions, terminal } = terminalThatAnswers(answer);
  expect(await maySpend(0.06, aws, { yes: false, terminal })).toBe(may);
  expect(questions).toEqual(["These checks cost about $0.06 on AWS. Run them? [y/N] "]);
});

it("does not ask for 5 cents, with --yes, or for the local stack", async () => {
  const { questions, terminal } = terminalThatAnswers("n");
  expect(await maySpend(0.05, aws, { yes: false, terminal })).toBe(true);
  expect(await maySpend(9, aws, { yes: true, terminal })).toBe(true);
  expect(await maySpend(9, { kind: "local" }, { yes: false, terminal })).toBe(true);
  expect(questions).toEqual([]);
});

it("estimates a run without options at less than 5 cents, at the prices of the local stack", () => {
  const estimate = estimateDollars(allChecks({ indexRows: 50, chain: 40 }));
  expect(estimate).toBeGreaterThan(0);
  expect(estimate).toBeLessThan(0.05);
  const million: Pick<Check, "usage"> = { usage: { messages: 1_000_000 } };
  const { apiGateway } = costOf({
    apiGateway: { messages: 1_000_000, connectionMinutes: 1, bytesOut: 0 },
    sqs: { requests: 0, emptyReceives: 0 },
    dynamodb: { writeUnits: 0, readUnits: 0 },
    lambda: { requests: 0, gbSeconds: 0 },
    logs: { bytes: 0 },
  });
  expect(estimateDollars([million as Check])).toBeCloseTo(apiGateway);
});
