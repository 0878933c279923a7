import { beforeAll, describe, expect, it } from "vitest";
import { policyRequestsOf } from "./policy/dynamodb-requests.ts";
import { isAllowed, type Permission, toStatement } from "./policy/evaluate-policy.ts";
import { operatorCalls } from "./policy/operator-calls.ts";
import { SYNTHESIS_TIMEOUT_MS } from "./suite.ts";
import { synthesizeProduction } from "./synth/apps.ts";
import type { Synthesis } from "./synth/synthesis.ts";
import { createTemplate, type Statement, type Template } from "./synth/template.ts";

const hashKeys = (...values: string[]): object[] => [
  { test: "ForAllValues:StringLike", variable: "dynamodb:LeadingKeys", values },
  { test: "Null", variable: "dynamodb:LeadingKeys", values: ["false"] },
];

/** What `revoke` and `disconnect` need comes with a link of its own. `producer.test.ts` has that of a producer. */
describe("the operator's link", () => {
  let pubsub: Synthesis;
  let resources: Template;
  beforeAll(async () => {
    pubsub = await synthesizeProduction();
    resources = createTemplate(pubsub.resources);
  }, SYNTHESIS_TIMEOUT_MS);

  const statements = (): Statement[] =>
    (pubsub.links.PubsubOperator?.include ?? []).map((link) => toStatement(link as unknown as Permission));
  const connection = (method: string): string =>
    `${resources.one("api").outputs.executionArn}/$default/${method}/@connections/c=`;
  const may = (action: string, resource: string, ...keys: string[]): boolean =>
    isAllowed(statements(), { action, resource, context: { "dynamodb:LeadingKeys": keys } });

  it("has the values that disconnect takes as its config", () => {
    expect(pubsub.links.PubsubOperator?.properties).toEqual({
      dynamodbTableName: resources.physicalName("table"),
      managementEndpoint: pubsub.links.PubsubApi?.properties.managementEndpoint,
      type: "sst.sst.Linkable",
    });
  });

  it("grants to write revocations, to find and remove subscriptions, and to post to connections and close them", () => {
    const type = "aws.permission";
    const table = [resources.arn("table")];
    const rows = (actions: string[], ...keys: string[]): object => ({
      type,
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: table,
      conditions: hashKeys(...keys),
    });
    const connections = (method: string): object => ({
      type,
      actions: ["execute-api:ManageConnections"],
      resources: [`${resources.one("api").outputs.executionArn}/$default/${method}/@connections/*`],
    });
    const attributes = {
      test: "ForAllValues:StringEquals",
      variable: "dynamodb:Attributes",
      values: ["p", "u", "revokedAt", "expiresAt"],
    };
    expect(pubsub.links.PubsubOperator?.include).toEqual([
      rows(["PutItem"], "consumer#*", "user#*"),
      { ...rows(["PutItem"], "topic#*"), conditions: [...hashKeys("topic#*"), attributes] },
      rows(["Query"], "consumer#*", "user#*"),
      rows(["DeleteItem", "BatchWriteItem"], "consumer#*"),
      rows(["DeleteItem"], "user#*"),
      connections("POST"),
      connections("DELETE"),
    ]);
  });

  it("allows every call that revoke and disconnect make, and each statement is needed", async () => {
    const asked = (await operatorCalls()).flatMap((call) => policyRequestsOf(call, resources.arn("table")));
    expect(asked.filter((request) => !isAllowed(statements(), request))).toEqual([]);
    const unused = statements()
      .flatMap((statement) => statement.Action.map((action) => ({ ...statement, Action: [action] })))
      .filter(({ Action }) => Action.some((action) => action.startsWith("dynamodb:")))
      .filter((statement) => !asked.some((request) => isAllowed([statement], request)));
    expect(unused).toEqual([]);
    for (const method of ["POST", "DELETE"])
      expect(may("execute-api:ManageConnections", connection(method)), method).toBe(true);
  });

  it("allows neither a connection's status, nor an event, the log, the index, the ledger or a queue", () => {
    const table = resources.arn("table");
    expect(may("execute-api:ManageConnections", connection("GET"))).toBe(false);
    for (const action of ["GetItem", "Query", "DeleteItem", "UpdateItem", "BatchWriteItem"]) {
      for (const key of ["topic#room", "fanout#room#0m1c2d3e4#0000000000000001"])
        expect(may(`dynamodb:${action}`, table, key), `${action} ${key}`).toBe(false);
    }
    const event = ["p", "u", "publicationId", "publishedAt", "json", "expiresAt"];
    const context = { "dynamodb:LeadingKeys": ["topic#room"], "dynamodb:Attributes": event };
    expect(isAllowed(statements(), { action: "dynamodb:PutItem", resource: table, context })).toBe(false);
    expect(may("dynamodb:Query", `${table}/index/SecondaryIndex`, "topic#room")).toBe(false);
    expect(may("sqs:SendMessage", resources.arn("queue", "FanoutQueueQueue"))).toBe(false);
  });
});
