import { describe, expect, it } from "vitest";
import type { Suite } from "./suite.ts";

const ROUTES = ["$connect", "$default", "$disconnect"];

export const testRoutes: Suite = (stage, expected) => {
  const { logRetentionDays, accessLog, messagesPerSecond, messageBurst } = expected;
  const apiId = () => stage().one("api").outputs.id;

  describe("the WebSocket API", () => {
    it("routes all three routes to the one function", () => {
      expect(stage().one("api").inputs).toMatchObject({ protocolType: "WEBSOCKET" });
      const targets = stage()
        .all("route")
        .map(({ inputs: { apiId: api, routeKey, target } }) => {
          const integration = stage()
            .all("integration")
            .find(({ outputs }) => target === `integrations/${outputs.id}`);
          expect(integration?.inputs).toMatchObject({ apiId: api, integrationType: "AWS_PROXY" });
          return [api, routeKey, integration?.inputs.integrationUri];
        });
      const invoke = "arn:aws:apigateway:eu-north-1:lambda:path/2015-03-31/functions";
      const uri = `${invoke}/${stage().arn("function", "WebsocketFunction")}/invocations`;
      expect(targets.sort()).toEqual(ROUTES.map((route) => [apiId(), route, uri]));
    });

    it("is the only API that may invoke that function", () => {
      const permissions = stage().all("permission");
      expect(permissions).toHaveLength(ROUTES.length);
      for (const { inputs } of permissions) {
        expect(inputs).toEqual({
          action: "lambda:InvokeFunction",
          principal: "apigateway.amazonaws.com",
          function: stage().arn("function", "WebsocketFunction"),
          sourceArn: `${stage().one("api").outputs.executionArn}/*`,
        });
      }
    });

    it(`writes ${accessLog ? "an" : "no"} access log`, () => {
      const settings = stage().one("stage").inputs.accessLogSettings;
      const destinationArn = stage().arn("logGroup", "PubsubApiAccessLog");
      expect(settings).toEqual(accessLog ? { destinationArn, format: expect.any(String) } : undefined);
    });

    it("deploys to the stage that connections are posted to, and keeps access logs as long as other logs", () => {
      expect(stage().one("stage").inputs).toMatchObject({
        apiId: apiId(),
        name: "$default",
        autoDeploy: true,
        defaultRouteSettings: { throttlingRateLimit: messagesPerSecond, throttlingBurstLimit: messageBurst },
      });
      const { retentionInDays } = stage().one("logGroup", "PubsubApiAccessLog").inputs;
      expect(retentionInDays).toBe(logRetentionDays);
    });
  });
};
