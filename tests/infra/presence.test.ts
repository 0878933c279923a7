import { beforeAll, describe, expect, it } from "vitest";
import { MEMBERS_ROWS } from "../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { membersTopic } from "../../packages/pubsub/src/core/reserved-topics.ts";
import { type Call, policyRequestsOf } from "./policy/dynamodb-requests.ts";
import { isAllowed, type Permission, toStatement } from "./policy/evaluate-policy.ts";
import { memberCalls, putOutCalls, tickCalls } from "./policy/presence-calls.ts";
import { SYNTHESIS_TIMEOUT_MS } from "./suite.ts";
import { withSettings } from "./synth/decided-app.ts";
import type { Synthesis } from "./synth/synthesis.ts";
import { synthesize } from "./synth/synthesize.ts";
import { createTemplate, type Statement, type Template } from "./synth/template.ts";

const turnedOn = (text: string): string =>
  text.replace("presence: false,", "presence: true,").replace("markActivity: false,", "markActivity: true,");

/** `roles.ts` and `operator.test.ts` have the stages without presence, which grant none of this. */
describe("a stage with presence", () => {
  let pubsub: Synthesis;
  let resources: Template;
  beforeAll(async () => {
    pubsub = await withSettings((root) => synthesize({ stage: "dev", root }), turnedOn);
    resources = createTemplate(pubsub.resources);
  }, SYNTHESIS_TIMEOUT_MS);

  const operator = (): Statement[] =>
    (pubsub.links.PubsubOperator?.include ?? []).map((link) => toStatement(link as unknown as Permission));
  const denied = async (statements: readonly Statement[], calls: Promise<Call[]>): Promise<unknown[]> =>
    (await calls)
      .flatMap((call) => policyRequestsOf(call, resources.arn("table")))
      .filter((request) => !isAllowed([...statements], request));
  const websocket = (): Statement[] => resources.role("WebsocketRole").statements;

  it("names the rows of members topics as the library does", () => {
    expect(MEMBERS_ROWS).toBe(`topic#${membersTopic("")}`);
  });

  it("is allowed every call that the library makes for members, for ticks and for putting members out", async () => {
    expect(await denied(websocket(), memberCalls())).toEqual([]);
    expect(await denied(resources.role("FanoutRole").statements, tickCalls())).toEqual([]);
    expect(await denied(operator(), putOutCalls())).toEqual([]);
  });

  it("lets the websocket function and the operator send ticks, and write no event", () => {
    const queue = resources.arn("queue", "FanoutQueueQueue");
    const put = (keys: string[], ...attributes: string[]): object => ({
      action: "dynamodb:PutItem",
      resource: resources.arn("table"),
      context: { "dynamodb:LeadingKeys": keys, "dynamodb:Attributes": attributes },
    });
    for (const statements of [websocket(), operator()]) {
      const may = (request: object): boolean =>
        isAllowed(statements, request as Parameters<typeof isAllowed>[1]);
      expect(may({ action: "sqs:SendMessage", resource: queue, context: {} })).toBe(true);
      expect(may(put(["topic#$members/room"], "p", "u", "info", "since", "expiresAt"))).toBe(true);
      expect(may(put(["topic#room"], "p", "u", "info", "since", "expiresAt"))).toBe(false);
      expect(may(put(["topic#$members/room"], "p", "u", "data", "publicationId", "expiresAt"))).toBe(false);
    }
  });

  it("links the queue to the operator, and passes the settings to the functions", () => {
    expect(pubsub.links.PubsubOperator?.properties).toHaveProperty("fanoutQueueUrl");
    for (const name of ["Websocket", "Fanout"])
      expect(resources.variables(name)).toMatchObject({
        PUBSUB_PRESENCE: "true",
        PUBSUB_MARK_ACTIVITY: "true",
      });
  });
});
