import type { QuotaUse } from "./quotas.ts";
import type { SimulateResult } from "./result.ts";

/** From this share on, a quota is what limits the run, or is about to. */
const BINDS = 0.9;
const NEAR = 0.5;

/** The result as a text for people. */
export function resultLines({ simulate: result }: SimulateResult): string[] {
  const { settings, posts } = result;
  const rows: [string, string][] = [
    ["subscribers", number(result.subscribers)],
    ...several(result),
    [
      "time to the last subscriber",
      `${seconds(result.seconds)}${result.publications > 1 ? " (slowest)" : ""}`,
    ],
    ["goodput", `${percent(result.goodputRatio)} of ${number(settings.accountRate)} posts a second`],
    ["subscribers with every event", `${number(result.reached)} (${number(result.duplicates)} duplicates)`],
    [
      "posts",
      `${number(posts.delivered)} delivered, ${number(posts.throttled)} throttled, ${number(posts.failed)} failed`,
    ],
    ["deliveries abandoned", number(result.abandoned)],
    ["messages one after the other", number(result.hops)],
    [
      "invocations",
      `${number(result.invocations)}, ${result.concurrencyMax} at once, ${result.coldStarts} cold starts`,
    ],
    [
      "hottest key of the index",
      `${number(result.indexReadUnitsPerSecondMax)} read units a second, ${result.shards} in all`,
    ],
    ["throttled calls of DynamoDB", number(result.throttledStorageCalls)],
    ["cost", `${dollars(result.dollars)}, ${dollars(result.dollarsPerMillionPosts)} a million posts`],
  ];
  return [...columns(rows), "", ...quotaLines(result.quotas)];
}

function several({ publications, medianSeconds, settings }: SimulateResult["simulate"]): [string, string][] {
  if (publications === 1) return [];
  return [
    ["publications", `${number(publications)}, ${number(settings.publicationsPerSecond)} a second`],
    ["time to the last subscriber", `${seconds(medianSeconds)} (median)`],
  ];
}

/** What to ask AWS for: the quotas in the order in which they bind. */
function quotaLines(quotas: readonly QuotaUse[]): string[] {
  const rows = quotas.map(({ quota, share, used, limit, ask }): string[] => [
    share >= BINDS ? "binds" : share >= NEAR ? "near" : "",
    percent(share),
    `${number(used)} of ${number(limit)}`,
    quota,
    share >= NEAR ? ask : "",
  ]);
  return ["What to ask AWS for: the limits in the order in which they bind", "", ...columns(rows)];
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const number = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });
const seconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} s`;
const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const dollars = (value: number): string => `$${value.toFixed(value < 1 ? 4 : 2)}`;
