/** The examples for SAM, the CDK and Terraform deploy what `stacks/` deploys. No test deploys them. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Deployment } from "./deployment/deployment.ts";
import { deploymentFromCloudFormation } from "./deployment/from-cloudformation.ts";
import { deploymentFromSst } from "./deployment/from-sst.ts";
import { deploymentFromTerraform } from "./deployment/from-terraform.ts";
import { INTRINSIC_TAGS } from "./deployment/intrinsic-tags.ts";
import { objectionsTo, synthesizeCdk } from "./deployment/synthesize-cdk.ts";
import { readTerraform } from "./deployment/terraform.ts";
import type { Value } from "./deployment/value.ts";
import { SYNTHESIS_TIMEOUT_MS } from "./suite.ts";
import { synthesizeProduction, synthesizePublishing } from "./synth/apps.ts";
import { REPOSITORY } from "./synth/sst-platform.ts";
import type { Synthesis } from "./synth/synthesis.ts";
import { createTemplate } from "./synth/template.ts";

const EXAMPLES = ["deploy-sam", "deploy-cdk", "deploy-terraform"] as const;
const read = (file: string): Promise<string> => readFile(path.join(REPOSITORY, "examples", file), "utf8");

/** The four alarms that the examples have; docs/deploying.md lists the others. */
const ALARMS = ["DeadLetters", "OldestMessage", "WebsocketErrors", "FanoutErrors", "PublishErrors"];

const withoutOtherAlarms = (deployment: Deployment): Deployment => {
  const alarms = Object.entries(deployment.alarms).filter(([name]) => ALARMS.includes(name));
  return { ...deployment, alarms: Object.fromEntries(alarms) };
};

const deployed = async (synthesis: Synthesis): Promise<Deployment> =>
  withoutOtherAlarms(deploymentFromSst({ synthesis, ...createTemplate(synthesis.resources) }));

describe("the examples", () => {
  let production: Deployment;
  let publishing: Deployment;
  let templates: Record<"deploy-sam" | "deploy-cdk", string>;
  let deployments: Record<(typeof EXAMPLES)[number], Deployment>;
  let optional: Record<(typeof EXAMPLES)[number], Deployment>;
  beforeAll(async () => {
    production = await deployed(await synthesizeProduction());
    publishing = await deployed(await synthesizePublishing());
    templates = { "deploy-sam": await read("deploy-sam/template.yaml"), "deploy-cdk": await synthesizeCdk() };
    deployments = {
      "deploy-sam": deploymentFromCloudFormation(
        parse(templates["deploy-sam"], { customTags: INTRINSIC_TAGS }) as Value,
      ),
      "deploy-cdk": deploymentFromCloudFormation(JSON.parse(templates["deploy-cdk"]) as Value),
      "deploy-terraform": deploymentFromTerraform(
        await readTerraform(path.join(REPOSITORY, "examples/deploy-terraform")),
      ),
    };
    optional = {
      "deploy-sam": deploymentFromCloudFormation(
        parse(templates["deploy-sam"], { customTags: INTRINSIC_TAGS }) as Value,
        ["ClientPublish"],
      ),
      "deploy-cdk": deploymentFromCloudFormation(
        JSON.parse(await synthesizeCdk({ clientPublish: "true" })) as Value,
      ),
      "deploy-terraform": deploymentFromTerraform(
        await readTerraform(path.join(REPOSITORY, "examples/deploy-terraform"), ["client_publish"]),
      ),
    };
  }, SYNTHESIS_TIMEOUT_MS);

  it.each(EXAMPLES)("%s deploys the settings, permissions and alarms of the production stage", (example) => {
    expect(Object.keys(production.alarms)).toHaveLength(4);
    expect(deployments[example]).toEqual(production);
  });

  it.each(EXAMPLES)(
    "%s with its option lets clients publish as the stage with clientPublish does",
    (example) => {
      expect(Object.keys(publishing.routes)).toContain("PUBLISH");
      expect(Object.keys(publishing.alarms)).toHaveLength(5);
      expect(optional[example]).toEqual(publishing);
    },
  );

  it.each(EXAMPLES)(
    "%s has a mapping with ReportBatchItemFailures, as its handler requires",
    async (example) => {
      expect(deployments[example].mapping.responseTypes).toEqual(["ReportBatchItemFailures"]);
      expect(await read(`${example}/functions/fanout.ts`)).toContain("partialBatchResponses: true");
    },
  );

  it("passes AWS's validator without a warning for deploy-sam", async () => {
    expect(await objectionsTo("template.yaml", templates["deploy-sam"])).toEqual([]);
  });

  it("passes AWS's validator for deploy-cdk, except for a dependency that the CDK states twice", async () => {
    const objections = await objectionsTo("Pubsub.template.json", templates["deploy-cdk"]);
    expect(objections.filter((objection) => !objection.startsWith("WARN W3005 "))).toEqual([]);
  });

  it("fails AWS's validator for a template with an unknown property", async () => {
    const broken = templates["deploy-sam"].replace("VisibilityTimeout:", "VisibilityTimeouts:");
    expect(await objectionsTo("broken.yaml", broken)).toEqual([
      expect.stringMatching(/^(WARN|ERROR|FATAL) .*VisibilityTimeouts/),
    ]);
  });

  it.each(["config.ts", "websocket.ts", "publish.ts", "fanout.ts"])(
    "contains the same functions/%s in all examples",
    async (file) => {
      const [sam, ...others] = await Promise.all(
        EXAMPLES.map((example) => read(`${example}/functions/${file}`)),
      );
      for (const other of others) expect(other).toBe(sam);
    },
  );
});
