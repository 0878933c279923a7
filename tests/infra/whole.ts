import { describe, expect, it } from "vitest";
import type { Suite } from "./suite.ts";
import { TYPE, type Type } from "./synth/template.ts";

/** The number of resources of each type; a type that is not listed must not exist. */
const INVENTORY: Partial<Record<Type, number>> = {
  table: 1,
  queue: 2,
  queuePolicy: 2,
  redriveAllowPolicy: 1,
  function: 2,
  recursion: 1,
  mapping: 1,
  permission: 3,
  role: 3,
  api: 1,
  stage: 1,
  route: 3,
  integration: 3,
  logGroup: 3,
  alarm: 12,
  dashboard: 1,
  query: 4,
  topic: 1,
};

/** Resources that SST's components create for their own use: code in the asset bucket, a key, API Gateway's role. */
const SSTS_OWN = [
  "aws:apigateway/account:Account",
  "aws:s3/bucketObjectv2:BucketObjectv2",
  "random:index/randomBytes:RandomBytes",
];

export const testWhole: Suite = (stage, { keep, alarmEmail }) => {
  describe("the app", () => {
    it("consists of these resources", () => {
      const wanted = { ...INVENTORY, ...(alarmEmail !== undefined && { subscription: 1 }) };
      const typed = Object.entries(TYPE).map(([type]) => [type, stage().all(type as Type).length]);
      expect(Object.fromEntries(typed.filter(([, count]) => count !== 0))).toEqual(wanted);
      const known = [...Object.values<string>(TYPE), ...SSTS_OWN];
      const others = stage().synthesis.resources.filter(({ type }) => !type.startsWith("sst:"));
      expect(others.filter(({ type }) => !known.includes(type)).map(({ type }) => type)).toEqual([
        "pulumi:pulumi:Stack",
      ]);
    });

    it(
      keep ? "is protected from removal and keeps what cannot be made again" : "can be removed whole",
      () => {
        const { app, outputs } = stage().synthesis;
        expect(app).toMatchObject({ removal: keep ? "retain" : "remove", protect: keep });
        expect(outputs).toMatchObject({ _protect: keep });
      },
    );

    it("prints its addresses, and the values that a producer in another app needs", () => {
      expect(stage().synthesis.outputs).toMatchObject({
        url: expect.stringMatching(/^wss:\/\/.*\/\$default$/),
        dashboard: stage().one("dashboard").inputs.dashboardName,
        tableArn: stage().arn("table"),
        fanoutQueueArn: stage().arn("queue", "FanoutQueueQueue"),
      });
    });

    it("never uses an unresolved Output as a string", () => {
      const { resources, links } = stage().synthesis;
      expect(JSON.stringify({ resources, links })).not.toContain("Calling [toString] on an [Output");
    });
  });
};
