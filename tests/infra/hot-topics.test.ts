import { beforeAll, describe, expect, it } from "vitest";
import { type Call, policyRequestsOf } from "./policy/dynamodb-requests.ts";
import { isAllowed, type Permission, type PolicyRequest, toStatement } from "./policy/evaluate-policy.ts";
import { growCalls, hotSubscriberCalls } from "./policy/hot-topic-calls.ts";
import { SYNTHESIS_TIMEOUT_MS } from "./suite.ts";
import { withSettings } from "./synth/decided-app.ts";
import type { Synthesis } from "./synth/synthesis.ts";
import { synthesize } from "./synth/synthesize.ts";
import { createTemplate, type Statement, type Template } from "./synth/template.ts";

const turnedOn = (text: string): string => text.replace("hotTopics: false,", "hotTopics: true,");

/** `roles.ts` has the stages without hot topics, which grant none of this. */
describe("a stage with hotTopics", () => {
  let pubsub: Synthesis;
  let resources: Template;
  beforeAll(async () => {
    pubsub = await withSettings((root) => synthesize({ stage: "dev", root }), turnedOn);
    resources = createTemplate(pubsub.resources);
  }, SYNTHESIS_TIMEOUT_MS);

  const producer = (): Statement[] =>
    (pubsub.links.Pubsub?.include ?? []).map((link) => toStatement(link as unknown as Permission));
  const websocket = (): Statement[] => resources.role("WebsocketRole").statements;
  const requestsOf = async (calls: Promise<Call[]>): Promise<PolicyRequest[]> =>
    (await calls).flatMap((call) => policyRequestsOf(call, resources.arn("table")));

  it("lets the websocket function update subscriptions, which is all that it does for them", async () => {
    const asked = await requestsOf(hotSubscriberCalls());
    expect(asked.filter((request) => !isAllowed(websocket(), request))).toEqual([]);
    expect(asked.map(({ action }) => action)).toContain("dynamodb:UpdateItem");
    const update = (key: string): PolicyRequest => ({
      action: "dynamodb:UpdateItem",
      resource: resources.arn("table"),
      context: { "dynamodb:LeadingKeys": [key] },
    });
    expect(isAllowed(websocket(), update("consumer#d/s/c"))).toBe(true);
    for (const key of ["topic#hot", "user#somebody", "fanout#hot"])
      expect(isAllowed(websocket(), update(key)), key).toBe(false);
  });

  it("lets a producer grow a topic with what it needs to publish, and the websocket function not", async () => {
    const asked = await requestsOf(growCalls());
    expect(asked.filter((request) => !isAllowed(producer(), request))).toEqual([]);
    const writes = asked.filter(({ action }) => action === "dynamodb:PutItem");
    expect(writes).toHaveLength(4);
    expect(writes.filter((request) => isAllowed(websocket(), request))).toEqual([]);
  });

  it("passes the setting to the functions and to producers", () => {
    for (const name of ["Websocket", "Fanout"])
      expect(resources.variables(name)).toMatchObject({ PUBSUB_HOT_TOPICS: "true" });
    expect(pubsub.links.Pubsub?.properties).toMatchObject({ hotTopics: true });
  });
});
