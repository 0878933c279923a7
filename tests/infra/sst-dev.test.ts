import { beforeAll, describe, expect, it } from "vitest";
import { LAMBDA_ONLY } from "./roles.ts";
import { SYNTHESIS_TIMEOUT_MS } from "./suite.ts";
import { synthesize } from "./synth/synthesize.ts";
import { createTemplate, type Template } from "./synth/template.ts";

describe("sst dev", () => {
  let template: Template;
  beforeAll(async () => {
    const { resources } = await synthesize({ stage: "dev", dev: true });
    template = createTemplate(resources);
  }, SYNTHESIS_TIMEOUT_MS);

  it.each(["WebsocketRole", "FanoutRole"])("lets only Lambda assume the %s", (name) => {
    expect(template.role(name).trust).toEqual(LAMBDA_ONLY);
  });

  it.each(["WebsocketRole", "FanoutRole"])("still lets the %s forward events to the developer", (name) => {
    const { statements } = template.role(name);
    expect(statements).toContainEqual({ Effect: "Allow", Action: ["appsync:*"], Resource: ["*"] });
    expect(statements).toContainEqual(expect.objectContaining({ Action: ["s3:*"] }));
  });
});
