import { describe, expect, it } from "vitest";
import type { Suite, Synthesized } from "./suite.ts";
import type { Conditions, Statement } from "./synth/template.ts";

export const LAMBDA_ONLY: object = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

/** The resources that end in a wildcard because IAM has no other way to name them. */
const WILDCARDS = [
  /^arn:aws:execute-api:[^*]+\/\$default\/(POST|DELETE)\/@connections\/\*$/,
  /^arn:aws:logs:[^*]+:log-group:\/lambda-websocket-pubsub\/[^*]+:\*$/,
];

/** Statements are compared as a whole: a change that adds a permission has to add it here. */
export const testRoles: Suite = (stage, { tracing }) => {
  describe("the roles", () => {
    it("lets the websocket function store subscriptions, read logs, open epochs, mark removed consumers, respond and close connections, and do nothing else", () => {
      expect(stage().role("WebsocketRole")).toEqual({
        trust: LAMBDA_ONLY,
        managed: [],
        statements: [
          {
            ...allow(stage().arn("table"), ["dynamodb:Query", "dynamodb:GetItem"]),
            Condition: hashKeys("consumer#*", "user#*", "topic#*"),
          },
          {
            ...allow(stage().arn("table"), ["dynamodb:PutItem"]),
            Condition: hashKeys("consumer#*", "user#*"),
          },
          ...[
            ["p", "u", "epoch", "used", "expiresAt"],
            ["p", "u", "revokedAt", "expiresAt"],
          ].map((attributes) => ({
            ...allow(stage().arn("table"), ["dynamodb:PutItem"]),
            Condition: {
              ...hashKeys("topic#*"),
              "ForAllValues:StringEquals": { "dynamodb:Attributes": attributes },
            },
          })),
          {
            ...allow(stage().arn("table"), ["dynamodb:DeleteItem", "dynamodb:BatchWriteItem"]),
            Condition: hashKeys("consumer#*"),
          },
          {
            ...allow(stage().arn("table"), ["dynamodb:UpdateItem"]),
            Condition: hashKeys("spending#*"),
          },
          manageConnections(stage(), "POST"),
          manageConnections(stage(), "DELETE"),
          writeLog(stage(), "WebsocketLogs"),
        ],
      });
    });

    it("lets the fan-out function read pages, write claims, post and send to queues, and do nothing else", () => {
      expect(stage().role("FanoutRole")).toEqual({
        trust: LAMBDA_ONLY,
        managed: [],
        statements: [
          allow(stage().arn("table"), [
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
          ]),
          allow(`${stage().arn("table")}/index/SecondaryIndex`, ["dynamodb:Query"]),
          allow(stage().arn("queue", "FanoutQueueQueue"), [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:SendMessage",
          ]),
          allow(stage().arn("queue", "DeadLetterQueueQueue"), ["sqs:GetQueueUrl", "sqs:SendMessage"]),
          manageConnections(stage(), "POST"),
          writeLog(stage(), "FanoutLogs"),
          ...(tracing ? [TRACE] : []),
        ],
      });
    });

    it("has only these roles, and the role with which API Gateway writes access logs", () => {
      const names = stage()
        .all("role")
        .map(({ name }) => name);
      expect(names).toEqual(["APIGatewayPushToCloudWatchLogsRole", "FanoutRole", "WebsocketRole"]);
      const { statements, managed } = stage().role("APIGatewayPushToCloudWatchLogsRole");
      expect(statements).toEqual([]);
      expect(managed).toEqual(["arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"]);
    });

    it("contains no wildcard except X-Ray's while tracing is on, a log group's streams and a stage's connections", () => {
      const statements = stage()
        .all("role")
        .flatMap(({ name }) => stage().role(name).statements);
      expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
      const wild = statements
        .flatMap(({ Resource }) => Resource)
        .filter((resource) => resource.includes("*"));
      const unexplained = wild.filter((resource) => !WILDCARDS.some((known) => known.test(resource)));
      expect(unexplained).toEqual(tracing ? ["*"] : []);
    });
  });
};

const TRACE = allow("*", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]);

const manageConnections = (stage: Synthesized, method: "POST" | "DELETE"): Statement =>
  allow(`${stage.one("api").outputs.executionArn}/$default/${method}/@connections/*`, [
    "execute-api:ManageConnections",
  ]);

const writeLog = (stage: Synthesized, logs: string): Statement =>
  allow(`${stage.arn("logGroup", logs)}:*`, ["logs:CreateLogStream", "logs:PutLogEvents"]);

function allow(resource: string, actions: string[]): Statement {
  return { Effect: "Allow", Action: actions, Resource: [resource] };
}

const hashKeys = (...patterns: string[]): Conditions => ({
  "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns },
  Null: { "dynamodb:LeadingKeys": ["false"] },
});
