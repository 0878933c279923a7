import { beforeAll, describe } from "vitest";
import { testAlarms } from "./alarms.ts";
import { testAwsCalls } from "./aws-calls.ts";
import { testClaims } from "./claims.ts";
import { testDashboard } from "./dashboard.ts";
import { testDocumentedPermissions } from "./documented-permissions.ts";
import { testFunctions } from "./functions.ts";
import { testMapping } from "./mapping.ts";
import { testQueries } from "./queries.ts";
import { testQueues } from "./queues.ts";
import { testRoles } from "./roles.ts";
import { testRoutes } from "./routes.ts";
import { type Expected, type Suite, SYNTHESIS_TIMEOUT_MS, type Synthesized } from "./suite.ts";
import { synthesizeProduction } from "./synth/apps.ts";
import { synthesize } from "./synth/synthesize.ts";
import { createTemplate } from "./synth/template.ts";
import { testTable } from "./table.ts";
import { testWhole } from "./whole.ts";

/** Synthesizes a stage once, and asserts every area of it in turn. */
export function describeStage(expected: Expected): void {
  describe(`stage ${expected.stage}`, () => {
    let synthesized: Synthesized | undefined;
    beforeAll(async () => {
      const { stage, alarmEmail } = expected;
      const env = alarmEmail === undefined ? {} : { ALARM_EMAIL: alarmEmail };
      const synthesis =
        stage === "production" ? await synthesizeProduction(env) : await synthesize({ stage, env });
      synthesized = { synthesis, ...createTemplate(synthesis.resources) };
    }, SYNTHESIS_TIMEOUT_MS);
    const stage = (): Synthesized => {
      if (!synthesized) throw new Error("the stage is not synthesized yet");
      return synthesized;
    };
    for (const suite of SUITES) suite(stage, expected);
  });
}

const SUITES: readonly Suite[] = [
  testTable,
  testQueues,
  testRoutes,
  testMapping,
  testFunctions,
  testRoles,
  testDocumentedPermissions,
  testAwsCalls,
  testClaims,
  testDashboard,
  testAlarms,
  testQueries,
  testWhole,
];
