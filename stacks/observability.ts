import type { AlarmConditionsArgs } from "./alarm-conditions.ts";
import { Alarms } from "./alarms.ts";
import { Dashboard } from "./dashboard.ts";
import type { GraphsArgs } from "./graphs.ts";
import { Queries } from "./queries.ts";

export type ObservabilityArgs = AlarmConditionsArgs & GraphsArgs;

/** Creates the stage's dashboard, its alarms, and saved queries for the person on call. */
export function Observability(args: ObservabilityArgs): { dashboardName: $util.Output<string> } {
  const { dashboardName } = Dashboard(args);
  Alarms(args);
  Queries(args);
  return { dashboardName };
}
