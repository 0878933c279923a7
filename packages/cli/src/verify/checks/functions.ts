import { findMapping, isDenied } from "../aws/mapping.ts";
import { type Check, type Outcome, skipped, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";

/** Actions that none of the library's functions needs, on the table and on the queue. */
const NEEDLESS = {
  table: ["dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:UpdateTable"],
  queue: ["sqs:PurgeQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes"],
};

export const functionChecks: readonly Check[] = [
  {
    id: "partial-batches",
    what: "the mapping of the fan-out queue",
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    expected:
      "Enabled, with ReportBatchItemFailures: without it a handler with partialBatchResponses loses messages",
    usage: {},
    run: (context) =>
      withMapping(context, async ({ responseTypes, state }) => {
        const reports = responseTypes.includes("ReportBatchItemFailures");
        return verdict(reports && state === "Enabled", `response types ${list(responseTypes)}; ${state}`);
      }),
  },
  {
    id: "recursive-loop",
    what: "Lambda's detection of recursive loops for the fan-out function",
    // https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    expected: "Allow: otherwise Lambda drops the 17th invocation of a chain",
    usage: {},
    run: (context) =>
      withMapping(context, async (mapping) => {
        const setting = await mapping.recursiveLoop();
        if (context.target.kind === "local" && setting === "Terminate") {
          return skipped(
            "the local stack has Lambda's default, Terminate; fanout-chain shows what that cuts off",
          );
        }
        return verdict(setting === "Allow", setting);
      }),
  },
  {
    id: "least-privilege",
    what: "what the role of the fan-out function may not do",
    expected: `refused: ${[...NEEDLESS.table, ...NEEDLESS.queue].join(", ")}`,
    usage: {},
    async run(context) {
      if (context.target.kind === "local") return skipped("the local stack has no IAM");
      return withMapping(context, async (mapping) => {
        const { roleArn } = await mapping.configuration();
        return simulated(context, roleArn);
      });
    },
  },
];

async function withMapping(
  context: VerifyContext,
  check: (mapping: Exclude<Awaited<ReturnType<typeof findMapping>>, string>) => Promise<Outcome>,
): Promise<Outcome> {
  const mapping = await findMapping(context);
  if (typeof mapping === "string") return skipped(mapping);
  try {
    return await check(mapping);
  } catch (error) {
    if (isDenied(error)) return skipped(`these credentials may not read it: ${String(error)}`);
    throw error;
  }
}

async function simulated({ clients, target }: VerifyContext, roleArn: string): Promise<Outcome> {
  const { SimulatePrincipalPolicyCommand } = await import("@aws-sdk/client-iam");
  const { DescribeTableCommand } = await import("@aws-sdk/client-dynamodb");
  const { GetQueueAttributesCommand } = await import("@aws-sdk/client-sqs");
  const { Table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: target.table }));
  const { Attributes } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: target.queue, AttributeNames: ["QueueArn"] }),
  );
  const iam = await clients.iam();
  const allowed: string[] = [];
  for (const [actions, arn] of [
    [NEEDLESS.table, Table?.TableArn],
    [NEEDLESS.queue, Attributes?.QueueArn],
  ] as const) {
    const { EvaluationResults = [] } = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: roleArn,
        ActionNames: actions,
        ResourceArns: arn === undefined ? [] : [arn],
      }),
    );
    for (const { EvalActionName = "", EvalDecision } of EvaluationResults) {
      if (EvalDecision === "allowed") allowed.push(EvalActionName);
    }
  }
  return verdict(
    allowed.length === 0,
    allowed.length === 0 ? "all are refused" : `allowed: ${allowed.join(", ")}`,
  );
}

const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
