import type { Metric } from "./metrics.ts";

/** A line of a graph: a metric with its statistic, or an expression over the graph's other lines. */
export type Line =
  | { metric: Metric; stat: string; id?: string; visible?: boolean }
  | { expression: string; label: string; id: string };

export interface Graph {
  title: string;
  lines: Line[];
}

export interface Row {
  /** The question that the row answers. */
  heading: string;
  graphs: Graph[];
}

export const graph = (title: string, ...lines: Line[]): Graph => ({ title, lines });
export const sum = (metric: Metric) => ({ metric, stat: "Sum" });
export const max = (metric: Metric) => ({ metric, stat: "Maximum" });
export const average = (metric: Metric) => ({ metric, stat: "Average" });
export const median = (metric: Metric) => ({ metric, stat: "p50" });
export const p99 = (metric: Metric) => ({ metric, stat: "p99" });

/** The number of columns in CloudWatch's grid. */
const COLUMNS = 24;
const GRAPH_HEIGHT = 6;
const HEADING_HEIGHT = 1;

/** Turns rows of graphs into a dashboard's widgets. Each row has a heading above it and is as wide as the dashboard. */
export function widgetsOf(rows: readonly Row[], region: $util.Input<string>): object[] {
  return rows.flatMap(({ heading, graphs }, row) => {
    const y = row * (HEADING_HEIGHT + GRAPH_HEIGHT);
    const text = { type: "text", x: 0, y, width: COLUMNS, height: HEADING_HEIGHT };
    const properties = { markdown: `## ${heading}`, background: "transparent" };
    return [
      { ...text, properties },
      ...graphs.map((graph, column) => ({
        type: "metric",
        x: left(column, graphs.length),
        y: y + HEADING_HEIGHT,
        width: left(column + 1, graphs.length) - left(column, graphs.length),
        height: GRAPH_HEIGHT,
        properties: propertiesOf(graph, region),
      })),
    ];
  });
}

const left = (column: number, columns: number): number => Math.round((column * COLUMNS) / columns);

const propertiesOf = ({ title, lines }: Graph, region: $util.Input<string>): object => ({
  title,
  region,
  view: "timeSeries",
  period: 60,
  metrics: lines.map(entryOf),
});

function entryOf(line: Line): unknown[] {
  if ("expression" in line) return [line];
  const { metric, ...options } = line;
  return [metric.namespace, metric.name, ...Object.entries(metric.dimensions).flat(), options];
}
