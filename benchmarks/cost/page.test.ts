import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { idleRow, smallTopicRow } from "../report/fixture.ts";
import { PATH_NAMES, PATHS } from "../small-topic/paths.ts";
import { EXAMPLE, exampleLines, totalOf } from "./example.ts";
import { type CostFigures, renderCostPage } from "./page.ts";

const DAY = { connections: 5, subscribes: 50, pings: { named: 100, bare: 20 } };
const FIGURES: CostFigures = {
  measured: {
    at: "2026-01-02T03:04:05.000Z",
    commit: "abc1234",
    machine: { cpu: "Test CPU", cores: 2, node: "v24.0.0" },
  },
  smallTopic: { bytes: 500, rows: [smallTopicRow(1), ...PATHS.map((path) => smallTopicRow(5, path))] },
  idle: { rows: [idleRow(10)], connectionMinuteDollarsPerMonth: { apiGateway: 0.0108, appSync: 0.0035 } },
  isQuick: false,
  day: DAY,
};

describe("the example", () => {
  const lines = exampleLines(
    {
      queue: smallTopicRow(5),
      inline: { ...smallTopicRow(5), dollarsPerMillionBeyondPosts: 1.5 },
      idle: idleRow(10),
    },
    DAY,
  );
  const find = (what: string) => lines.find((line) => line.what === what);

  it("prices connection minutes, deliveries and publications at each list price", () => {
    const minutes = 500 * 8 * 60 * 30;
    expect(find("connection minutes")).toMatchObject({
      queue: (minutes / 1e6) * 0.25,
      byHand: (minutes / 1e6) * 0.25,
    });
    expect(find("connection minutes")?.appSync).toBeCloseTo((minutes / 1e6) * 0.08, 10);
    expect(find("deliveries")).toMatchObject({ queue: 10, inline: 10, byHand: 10, appSync: 10 });
    expect(find("publications")).toMatchObject({ queue: 2 * 4.5, inline: 2 * 1.5, appSync: 2 });
    expect(find("publications")?.byHand).toBeCloseTo(2 * 0.2 + 2 * 0.5 * 0.125, 10);
  });

  it("prices the PINGs and the reconnects that the client makes", () => {
    const days = EXAMPLE.users * 30;
    expect(find("heartbeats")?.queue).toBeCloseTo((days / 1e6) * (100 * 4 + 20 * 2), 10);
    expect(find("heartbeats")?.appSync).toBe(0);
    expect(find("connecting and subscribing")?.queue).toBeCloseTo((days / 1e6) * 5 * 100, 10);
    expect(find("connecting and subscribing")?.appSync).toBeCloseTo((days / 1e6) * 11, 10);
  });

  it("prices the same bytes for everybody, and adds up", () => {
    const bytes = 10_000_000 * 709;
    const transfer = find("data transfer out");
    expect(transfer?.queue).toBeCloseTo((bytes / 2 ** 30) * 0.09, 10);
    expect(transfer?.appSync).toBe(transfer?.queue);
    const sum = lines.reduce((total, { inline = 0 }) => total + inline, 0);
    expect(totalOf(lines).inline).toBeCloseTo(sum, 10);
  });
});

describe("docs/cost.md", () => {
  it("should be formatted as `npm run check` expects", () => {
    const biome = fileURLToPath(new URL("../../node_modules/.bin/biome", import.meta.url));
    const page = renderCostPage(FIGURES);
    const args = ["format", "--stdin-file-path=docs/cost.md"];
    expect(execFileSync(biome, args, { input: page, encoding: "utf8" })).toBe(page);
  });

  it("has a row for each path, and names the paths that were not measured", () => {
    const page = renderCostPage(FIGURES);
    for (const path of PATHS) expect(page).toContain(`| ${PATH_NAMES[path]} `);
    expect(page).not.toContain("not measured");
    const rows = FIGURES.smallTopic.rows.filter(({ path }) => path === "queue");
    const without = renderCostPage({ ...FIGURES, smallTopic: { bytes: 500, rows } });
    expect(without).toContain("The inline path was not measured");
    expect(without).toContain("Publications by a client were not measured");
    expect(without).toMatch(/\| +through the queue \| API Gateway by hand \| AppSync Events \|/);
  });

  it("says who is cheaper by the figures", () => {
    expect(renderCostPage(FIGURES)).toContain("**In the example**: by $");
    const free = { ...smallTopicRow(5), dollarsPerMillionBeyondPosts: 0 };
    const idle = {
      ...idleRow(10),
      dollarsPerMillionPings: 0,
      dollarsPerMillionBarePings: 0,
      dollarsPerMillionReconnects: 0,
    };
    const cheap = renderCostPage({
      ...FIGURES,
      smallTopic: { bytes: 500, rows: [free] },
      idle: { ...FIGURES.idle, rows: [idle] },
    });
    expect(cheap).toContain("Not in the example: there it costs $0.94 a month more.");
  });

  it("says that it comes from a quick run", () => {
    expect(renderCostPage(FIGURES)).not.toContain("quick run");
    expect(renderCostPage({ ...FIGURES, isQuick: true })).toContain("**From a quick run of one round");
  });

  it("throws if the results have no row for the example", () => {
    expect(() => renderCostPage({ ...FIGURES, idle: { ...FIGURES.idle, rows: [] } })).toThrow("no row");
  });

  it("exists, and says which command writes it", () => {
    expect(existsSync(fileURLToPath(new URL("../../docs/cost.md", import.meta.url)))).toBe(true);
  });
});
