import { isRecord } from "../options/option-rules.ts";

export interface MetricLine {
  postLatenciesMs: number[];
  postsPerSecondMax?: number;
}

/**
 * Reads a line of CloudWatch's embedded metric format, with which the fan-out function reports its posts. Returns undefined
 * for every other line. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function readMetricLine(line: string): MetricLine | undefined {
  if (!line.startsWith("{") || !line.includes('"_aws"')) return undefined;
  const parsed = parse(line);
  if (!parsed) return undefined;
  const { PostLatency: latency, postsPerSecondMax } = parsed;
  // A metric with one value is a number
  const postLatenciesMs = [latency].flat().filter((value) => typeof value === "number");
  // A property of the line is a text
  const limit = Number(postsPerSecondMax ?? Number.NaN);
  return { postLatenciesMs, ...(Number.isFinite(limit) && { postsPerSecondMax: limit }) };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
