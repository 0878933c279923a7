import { beforeAll, describe, expect, it } from "vitest";
import { policyRequestsOf } from "./policy/dynamodb-requests.ts";
import { isAllowed, type Permission, toStatement } from "./policy/evaluate-policy.ts";
import { inlineProducerCalls } from "./policy/library-calls.ts";
import { SYNTHESIS_TIMEOUT_MS } from "./suite.ts";
import { withSettings } from "./synth/decided-app.ts";
import type { Synthesis } from "./synth/synthesis.ts";
import { synthesize } from "./synth/synthesize.ts";
import { createTemplate, type Template } from "./synth/template.ts";

const hashKeys = (...values: string[]): object[] => [
  { test: "ForAllValues:StringLike", variable: "dynamodb:LeadingKeys", values },
  { test: "Null", variable: "dynamodb:LeadingKeys", values: ["false"] },
];

/** `producer.test.ts` has the link without it, which grants none of this. */
describe("a producer of a stage with inlineFanoutMax", () => {
  let pubsub: Synthesis;
  let resources: Template;
  beforeAll(async () => {
    pubsub = await withSettings(
      (root) => synthesize({ stage: "dev", root }),
      (text) => text.replace("inlineFanoutMax: 0,", "inlineFanoutMax: 25,"),
    );
    resources = createTemplate(pubsub.resources);
  }, SYNTHESIS_TIMEOUT_MS);

  const statements = () =>
    (pubsub.links.Pubsub?.include ?? []).map((link) => toStatement(link as unknown as Permission));

  it("is linked to the number, and to where it posts", () => {
    expect(pubsub.links.Pubsub?.properties).toMatchObject({
      inlineFanoutMax: 25,
      managementEndpoint: pubsub.links.PubsubApi?.properties.managementEndpoint,
    });
  });

  it("is granted what publishing calls, the index, the ledger, removing subscriptions and posts", () => {
    const type = "aws.permission";
    const table = [resources.arn("table")];
    const { executionArn } = resources.one("api").outputs;
    expect(pubsub.links.Pubsub?.include?.slice(3)).toEqual([
      { type, actions: ["dynamodb:Query"], resources: [`${table[0]}/index/SecondaryIndex`] },
      {
        type,
        actions: ["dynamodb:PutItem", "dynamodb:UpdateItem"],
        resources: table,
        conditions: hashKeys("fanout#*"),
      },
      {
        type,
        actions: ["dynamodb:DeleteItem", "dynamodb:BatchWriteItem"],
        resources: table,
        conditions: hashKeys("consumer#*"),
      },
      {
        type,
        actions: ["execute-api:ManageConnections"],
        resources: [`${executionArn}/$default/POST/@connections/*`],
      },
    ]);
  });

  it("is allowed every call that the library makes for it", async () => {
    const asked = (await inlineProducerCalls()).flatMap((call) =>
      policyRequestsOf(call, resources.arn("table")),
    );
    expect(asked.filter((request) => !isAllowed(statements(), request))).toEqual([]);
    expect(new Set(asked.map(({ action }) => action))).toContain("dynamodb:UpdateItem");
  });

  it("cannot end connections, read subscriptions of its own choice, or reach the dead-letter queue", () => {
    const may = (action: string, resource: string, ...keys: string[]): boolean =>
      isAllowed(statements(), { action, resource, context: { "dynamodb:LeadingKeys": keys } });
    const { executionArn } = resources.one("api").outputs;
    expect(may("execute-api:ManageConnections", `${executionArn}/$default/DELETE/@connections/c=`)).toBe(
      false,
    );
    for (const action of ["GetItem", "Query", "PutItem", "UpdateItem"])
      expect(may(`dynamodb:${action}`, resources.arn("table"), "consumer#d/s/c"), action).toBe(false);
    expect(may("sqs:SendMessage", resources.arn("queue", "DeadLetterQueueQueue"))).toBe(false);
  });
});
