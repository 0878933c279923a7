import { cost, flow, type GraphsArgs, health } from "./graphs.ts";
import { type Row, widgetsOf } from "./widgets.ts";

/** Columns are the pipeline from left to right, rows are questions. */
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
