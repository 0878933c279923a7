import { cost, flow, type GraphsArgs, health } from "./graphs.ts";
import { type Row, widgetsOf } from "./widgets.ts";

/** Creates the dashboard. Its columns follow the pipeline from left to right, and each row is about one question. */
export function Dashboard(args: GraphsArgs): aws.cloudwatch.Dashboard {
  const rows: Row[] = [
    { heading: "Is it moving?", graphs: flow(args) },
    { heading: "Is it healthy?", graphs: health(args) },
    { heading: "What is paid for?", graphs: cost(args) },
  ];
  return new aws.cloudwatch.Dashboard("Dashboard", {
    dashboardName: `${$app.name}-${$app.stage}`,
    dashboardBody: $jsonStringify({ widgets: widgetsOf(rows, aws.getRegionOutput().region) }),
  });
}
