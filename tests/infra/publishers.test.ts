/** A stage where clients may publish by messages, and others by HTTP. `whole.ts` has the stages without: nothing is added. */
import { beforeAll, describe, expect, it } from "vitest";
import { describeClaims } from "./claims.ts";
import { grantLines, X_RAY } from "./deployment/deployment.ts";
import { documentedGrants } from "./deployment/documented-grants.ts";
import { publisherGrantsOf } from "./deployment/sst-grants.ts";
import { httpPublishCalls, publishCalls, websocketCalls } from "./policy/library-calls.ts";
import { SYNTHESIS_TIMEOUT_MS, type Synthesized } from "./suite.ts";
import { withSettings } from "./synth/decided-app.ts";
import { synthesize } from "./synth/synthesize.ts";
import { createTemplate, parse } from "./synth/template.ts";

const NAMES = ["Publish", "HttpPublish"] as const;

const turnedOn = (text: string): string =>
  text.replace("clientPublish: false,", "clientPublish: true,").replace('"off" as const', '"iam" as const');

let synthesized: Synthesized | undefined;
const stage = (): Synthesized => {
  if (!synthesized) throw new Error("the stage is not synthesized yet");
  return synthesized;
};

describe("a stage with clientPublish and httpPublish", () => {
  beforeAll(async () => {
    const synthesis = await withSettings((root) => synthesize({ stage: "dev", root }), turnedOn);
    synthesized = { synthesis, ...createTemplate(synthesis.resources) };
  }, SYNTHESIS_TIMEOUT_MS);

  it("routes PUBLISH to the publish function and everything else to the websocket function", () => {
    const functionOf = (target: unknown): string => {
      const integration = stage()
        .all("integration")
        .find(({ outputs }) => target === `integrations/${outputs.id}`);
      return String(integration?.inputs.integrationUri);
    };
    const routes = stage()
      .all("route")
      .map(({ inputs: { routeKey, target } }) => [String(routeKey), functionOf(target)] as const);
    const uri = (name: string): unknown => expect.stringContaining(stage().arn("function", name));
    expect(Object.fromEntries(routes)).toEqual({
      $connect: uri("WebsocketFunction"),
      $disconnect: uri("WebsocketFunction"),
      $default: uri("WebsocketFunction"),
      PUBLISH: uri("PublishFunction"),
    });
    // The default of the API's attribute, which SST does not set
    expect(stage().one("api").inputs.routeSelectionExpression ?? "$request.body.action").toBe(
      "$request.body.action",
    );
  });

  it("lets the API invoke the publish function, and nobody the one with the URL without a signature", () => {
    const invokers = stage()
      .all("permission")
      .map(({ inputs }) => [inputs.function, inputs.principal]);
    expect(invokers).toContainEqual([stage().arn("function", "PublishFunction"), "apigateway.amazonaws.com"]);
    expect(invokers.map(([fn]) => fn)).not.toContain(stage().arn("function", "HttpPublishFunction"));
    const urls = stage().synthesis.resources.filter(({ type }) => type === URL_TYPE);
    expect(urls.map(({ inputs }) => [inputs.functionName, inputs.authorizationType])).toEqual([
      [stage().physicalName("function", "HttpPublishFunction"), "AWS_IAM"],
    ]);
  });

  it("divides what clients may send between the two routes for messages", () => {
    expect(stage().one("stage").inputs.defaultRouteSettings).toEqual({
      throttlingRateLimit: 100,
      throttlingBurstLimit: 200,
    });
  });

  it.each(NAMES)("gives %s its size, its reserved concurrency, its log group and its role", (name) => {
    const logGroup = `/lambda-websocket-pubsub/dev/${name.toLowerCase()}`;
    expect(stage().one("function", `${name}Function`).inputs).toMatchObject({
      memorySize: 1_024,
      timeout: 29,
      reservedConcurrentExecutions: 10,
      role: stage().arn("role", `${name}Role`),
      loggingConfig: { logFormat: "JSON", logGroup, applicationLogLevel: "DEBUG", systemLogLevel: "WARN" },
    });
    expect(stage().one("logGroup", `${name}Logs`).inputs).toEqual({ name: logGroup, retentionInDays: 7 });
  });

  it("has the entry files that the handlers name", () => {
    const handlers = stage().synthesis.rpcCalls.map(({ params }) => params.handler);
    expect(handlers).toEqual(
      expect.arrayContaining(["functions/publish.handler", "functions/http-publish.handler"]),
    );
  });

  it.each(NAMES)("watches the errors and throttles of %s, draws them, and searches its log", (name) => {
    const FunctionName = stage().physicalName("function", `${name}Function`);
    for (const metricName of ["Errors", "Throttles"]) {
      expect(stage().one("alarm", `${name}${metricName}`).inputs).toMatchObject({
        metricName,
        dimensions: { FunctionName },
        threshold: 0,
      });
    }
    const drawn = JSON.stringify(parse(stage().one("dashboard").inputs.dashboardBody));
    for (const metric of ["Errors", "Throttles", "Duration"]) {
      expect(drawn).toContain(
        JSON.stringify(["AWS/Lambda", metric, "FunctionName", FunctionName]).slice(0, -1),
      );
    }
    for (const { inputs } of stage().all("query")) {
      expect(inputs.logGroupNames).toContain(`/lambda-websocket-pubsub/dev/${name.toLowerCase()}`);
    }
  });

  it("has exactly the permissions that docs/security.md documents for them, and the websocket function no others", () => {
    const documented = documentedGrants("docs/security.md", "publisher permissions");
    expect(grantLines(documented.filter(({ on }) => on !== X_RAY))).toEqual(
      grantLines(publisherGrantsOf(stage())),
    );
  });

  describeClaims(stage, {
    "publish function": publishCalls,
    "HTTP publish function": httpPublishCalls,
    "websocket function": websocketCalls,
  });
});

const URL_TYPE = "aws:lambda/functionUrl:FunctionUrl";

describe("with inlineFanoutMax too", () => {
  it(
    "also lets the publish functions read the index, write the ledger and remove subscriptions",
    async () => {
      const synthesis = await withSettings(
        (root) => synthesize({ stage: "dev", root }),
        (text) => turnedOn(text).replace("inlineFanoutMax: 0,", "inlineFanoutMax: 25,"),
      );
      const template = createTemplate(synthesis.resources);
      for (const name of NAMES) {
        const index = `${template.arn("table")}/index/SecondaryIndex`;
        const onIndex = template
          .role(`${name}Role`)
          .statements.filter(({ Resource }) => Resource.includes(index));
        expect(
          onIndex.map(({ Action }) => Action),
          name,
        ).toEqual([["dynamodb:Query"]]);
      }
      expect(template.variables("Publish")).toMatchObject({ PUBSUB_INLINE_FANOUT_MAX: "25" });
    },
    SYNTHESIS_TIMEOUT_MS,
  );
});

describe("a deployment to production", () => {
  const deployed = (settings: (text: string) => string, publish?: string, http?: string): Promise<unknown> =>
    withSettings((root) => synthesize({ stage: "production", root }), settings, {
      ...(publish !== undefined && { "functions/publish.ts": decideWith(publish) }),
      ...(http !== undefined && { "functions/http-publish.ts": decideWith(http) }),
    });
  const decideWith = (hook: string) => (text: string) =>
    text.replace(/^import.*undecided.*\n/m, "").replace(/authorize: [\w"]+/, `authorize: ${hook}`);
  const clients = (text: string): string => text.replace("clientPublish: false,", "clientPublish: true,");
  const strangers = (text: string): string => text.replace('"off" as const', '"everybody" as const');

  it.each([
    ["publish.ts is as this repository has it", clients, undefined],
    ['publish.ts says "everybody", which includes nobody', clients, '"everybody"'],
  ])(
    "with clientPublish is refused if %s",
    async (_, settings, publish) => {
      await expect(deployed(settings, publish)).rejects.toThrow(
        "functions/publish.ts does not decide who may publish on the stage production. Write there",
      );
    },
    SYNTHESIS_TIMEOUT_MS,
  );

  it(
    'with httpPublish: "everybody" is refused if http-publish.ts only lets in who signs',
    () =>
      expect(deployed(strangers)).rejects.toThrow(
        "functions/http-publish.ts does not decide who may publish on the stage production. Write there",
      ),
    SYNTHESIS_TIMEOUT_MS,
  );

  it.each([
    ["clientPublish", clients, "({ topicId }) => topicId === 'wall'", undefined],
    ["httpPublish", strangers, undefined, "({ topicId }) => topicId === 'wall'"],
  ])(
    "is not refused once the function of %s has a hook",
    async (_, settings, publish, http) => {
      await expect(deployed(settings, publish, http)).resolves.toBeDefined();
    },
    SYNTHESIS_TIMEOUT_MS,
  );
});
