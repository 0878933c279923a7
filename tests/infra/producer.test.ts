import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseArn } from "../../examples/producer-app/stacks/arn.ts";
import { SYNTHESIS_TIMEOUT_MS } from "./suite.ts";
import { resourceTypesOf, synthesizeProducer, synthesizeProduction } from "./synth/apps.ts";
import { REPOSITORY } from "./synth/sst-platform.ts";
import type { Synthesis } from "./synth/synthesis.ts";
import { createTemplate, type Template } from "./synth/template.ts";

const hashKeys = (...values: string[]): object[] => [
  { test: "ForAllValues:StringLike", variable: "dynamodb:LeadingKeys", values },
  { test: "Null", variable: "dynamodb:LeadingKeys", values: ["false"] },
];

describe("a producer", () => {
  let pubsub: Synthesis;
  let resources: Template;
  let producer: Synthesis;
  beforeAll(async () => {
    pubsub = await synthesizeProduction();
    resources = createTemplate(pubsub.resources);
    producer = await synthesizeProducer(pubsub);
  }, SYNTHESIS_TIMEOUT_MS);

  it("is linked to the values that publishToTopic takes as its config", () => {
    expect(pubsub.links.Pubsub?.properties).toEqual({
      dynamodbTableName: resources.physicalName("table"),
      fanoutQueueUrl: resources.one("queue", "FanoutQueueQueue").outputs.url,
      eventRetentionSeconds: 86_400,
      logDeliveries: "problems",
      type: "sst.sst.Linkable",
    });
  });

  it("is granted by the link the actions that publishing calls", () => {
    const type = "aws.permission";
    expect(pubsub.links.Pubsub?.include).toEqual([
      {
        type,
        actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
        resources: [resources.arn("table")],
        conditions: hashKeys("topic#*"),
      },
      {
        type,
        actions: ["dynamodb:Query"],
        resources: [resources.arn("table")],
        conditions: hashKeys("topic#*", "fanout#*"),
      },
      { type, actions: ["sqs:SendMessage"], resources: [resources.arn("queue", "FanoutQueueQueue")] },
    ]);
  });

  it.each(["PubsubTable", "FanoutQueue", "DeadLetterQueue", "PubsubApi"])(
    "receives no permission from a link to %s",
    (name) => {
      expect(pubsub.links[name]?.include).toEqual([]);
    },
  );

  it("makes the same link from the two ARNs in an app of its own", () => {
    expect(producer.links.Pubsub).toEqual(pubsub.links.Pubsub);
  });

  it("gets no other permissions in an app of its own", () => {
    expect(createTemplate(producer.resources).role("AnnounceRole").statements).toEqual([
      {
        Effect: "Allow",
        Action: ["dynamodb:GetItem", "dynamodb:PutItem"],
        Resource: [resources.arn("table")],
        Condition: {
          "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["topic#*"] },
          Null: { "dynamodb:LeadingKeys": ["false"] },
        },
      },
      {
        Effect: "Allow",
        Action: ["dynamodb:Query"],
        Resource: [resources.arn("table")],
        Condition: {
          "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["topic#*", "fanout#*"] },
          Null: { "dynamodb:LeadingKeys": ["false"] },
        },
      },
      {
        Effect: "Allow",
        Action: ["sqs:SendMessage"],
        Resource: [resources.arn("queue", "FanoutQueueQueue")],
      },
    ]);
  });

  it.each(["", "my-table", "arn:aws:sqs:eu-north-1:123456789012:a-queue"])(
    "rejects %j as the ARN of a table and names the variable",
    (arn) => {
      const message = `PUBSUB_TABLE_ARN must be the ARN that the pubsub app printed; got ${JSON.stringify(arn)}`;
      expect(() => parseArn("PUBSUB_TABLE_ARN", "dynamodb", arn)).toThrow(message);
    },
  );

  it("finds the committed types of Resource equal to SST's; npm run sst:types writes them", async () => {
    for (const [file, types] of Object.entries(resourceTypesOf(pubsub, producer))) {
      expect(await readFile(path.join(REPOSITORY, file), "utf8"), file).toBe(types);
    }
  });
});
