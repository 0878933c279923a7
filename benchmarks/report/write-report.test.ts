import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Window } from "happy-dom";
import { beforeAll, describe, expect, it } from "vitest";
import { priceTable } from "../../packages/local/src/cost/price-table.ts";
import { FIXTURE } from "./fixture.ts";
import { type KeptResults, keepResult, readResults } from "./kept-results.ts";
import { PLAN } from "./plan.ts";
import { writeReport } from "./write-report.ts";

interface Written {
  document: string;
  charts: Record<string, string>;
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "bench-report-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const written = (kept: KeptResults): Promise<Written> =>
  inFolder(async (docs) => {
    await writeReport(kept, docs);
    const charts: Record<string, string> = {};
    for (const name of await readdir(join(docs, "benchmarks"))) {
      charts[name] = await readFile(join(docs, "benchmarks", name), "utf8");
    }
    return { document: await readFile(join(docs, "benchmarks.md"), "utf8"), charts };
  });

/** Returns the cells of the row whose first cell is this text. */
const readCells = (document: string, first: string): string[] | undefined =>
  document
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    )
    .find(([cell]) => cell === first)
    ?.slice(1);

describe("the generated document", () => {
  let document: string;
  beforeAll(async () => {
    ({ document } = await written(FIXTURE));
  });

  it("names commit, machine, date and commands of the measurement", () => {
    expect(document).toContain(
      "Measured on 2026-01-02, commit `abc1234`, on Test CPU with 2 cores, Node v24.0.0.",
    );
    expect(document).toContain("npm run bench -- fanout --subscribers 10000 --rounds 3");
  });

  it("should be formatted as `npm run check` expects", () => {
    const biome = fileURLToPath(new URL("../../node_modules/.bin/biome", import.meta.url));
    const args = ["format", "--stdin-file-path=docs/benchmarks.md"];
    expect(execFileSync(biome, args, { input: document, encoding: "utf8" })).toBe(document);
  });

  it("has the figures of every benchmark and its baselines, with their spread", () => {
    expect(readCells(document, "the SDK's client")).toEqual(["540.5 (486.5–594.6)", "1,850 (1,665–2,035)"]);
    expect(readCells(document, "node:https, signed by hand")?.[0]).toBe("98.5 (88.7–108.4)");
    expect(document).toContain(
      "Our CPU time is 1.11 times the floor's. The SDK's CPU time is 8.8 times ours.",
    );
    expect(readCells(document.slice(document.indexOf("10,000 subscribers")), "first version")?.[0]).toBe(
      "7,508",
    );
    expect(readCells(document, "SDK, standard retries")?.slice(0, 3)).toEqual([
      "61.0 % (54.9 %–67.1 %)",
      "12.5 %",
      "1,234",
    ]);
    expect(readCells(document, "publishes of 8 producers")?.[0]).toBe("258 (232–284)");
    expect(readCells(document, "200")).toEqual(["6.25", "1.25", "0.32", "1.60", "1.5", "1.5", "0"]);
    expect(readCells(document.slice(document.indexOf("| frames out of order")), "200")).toEqual([
      "25.0 %",
      "5.0 %",
      "0.0 %",
      "0.0 %",
    ]);
    expect(readCells(document, "through the queue")?.[2]).toBe("70.5 (63.5–77.6)");
    expect(readCells(document, "@smithy/core")).toEqual(["140.8"]);
  });

  it("lists the cost of publications and names the prices", () => {
    const cost = document.slice(document.indexOf("## What it costs on AWS"));
    expect(cost).toContain(`${priceTable.asOf} in ${priceTable.region}`);
    expect(readCells(cost, "1,000")).toEqual(["1.0123", "1,012", "0.81 %", "1.23 %", "1.23 %"]);
    expect(readCells(cost, "10,000")?.[1]).toBe("10,123");
  });

  it("lists the units and the dollars of small topics and of quiet connections", () => {
    const small = document.slice(document.indexOf("## Small topics and quiet connections"));
    expect(readCells(small, "5")).toEqual([
      "no",
      "through the queue",
      "3.0",
      "0.5",
      "3.0",
      "1.0",
      "21",
      "1,533",
      "4.50",
      "9.50",
      "6.00",
    ]);
    expect(readCells(small, "10")).toEqual([
      "11.0",
      "1.0",
      "0.0",
      "24",
      "49,500",
      "0",
      "0.198",
      "420",
      "0.042",
    ]);
  });

  it.each([
    ["one post: our CPU time / the floor's CPU time", "≤ 1.30 ×", "1.11 ×", "holds"],
    [
      "1,000 subscribers, 500 bytes, warm workers: cost in addition to API Gateway's messages",
      "≤ 0.90 %",
      "0.81 %",
      "holds",
    ],
    ["quota of 2,000 posts per second, 1 worker: rejected posts", "≤ 5.0 %", "12.5 %", "**does not hold**"],
    ["one topic, 8 producers: publishes / bare puts of one loop", "≥ 0.50 ×", "0.43 ×", "**does not hold**"],
    ["1 subscriber, through the queue: write units", "≤ 2.0", "3.0", "**does not hold**"],
    ["1 subscriber, through the queue: read units", "≤ 1.5", "0.5", "holds"],
    ["1 subscriber, through the queue: a million, beyond the posts", "≤ $4.00", "$4.50", "**does not hold**"],
    ["1 subscriber, inline: SQS requests", "0", "–", "not measured"],
    ["1 subscriber, inline: publish to received, median", "≤ 5.0 ms", "23.5 ms", "**does not hold**"],
    [
      "1 subscriber, inline: publish to received / the same by hand with the SDK",
      "≤ 1.00 ×",
      "1.00 ×",
      "holds",
    ],
    ["quiet connection, topics: 1, heartbeats of a month", "≤ $0.035", "$0.198", "**does not hold**"],
    ["one topic, 8 producers: the log is contiguous", "yes", "yes", "holds"],
    ["200 publishes per second: events per post", "≥ 5.0", "6.3", "holds"],
    ["200 publishes per second: data frames in another order than the shared frames", "0", "0", "holds"],
    ["100,000 subscribers: subscribers not reached", "0", "–", "not measured"],
    ["100,000 subscribers: seconds / seconds for 10,000", "≤ 11.00 ×", "–", "not measured"],
  ])("judges the target %j", (target, ...cells) => {
    expect(readCells(document, target)).toEqual(cells);
  });

  it("shows 'not measured' for every target without a result", async () => {
    const { document: empty } = await written({});
    const rows = empty.split("\n").filter((line) => line.startsWith("| ") && line.includes(" – |"));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row).toMatch(/ – \| +not measured \|$/);
  });

  it("judges the fan-out to 100,000 subscribers by its figures and by those of 10,000", async () => {
    const hundredfold = FIXTURE["fanout-10000"];
    if (!hundredfold || !("result" in hundredfold)) throw new Error("the fixture has no fan-out");
    const { fanout } = hundredfold.result;
    if (!fanout) throw new Error("the fixture has no fan-out");
    const ours = { ...fanout.ours, reached: 99_999, seconds: 10.5, rssGrowthMb: 151, duplicates: 1 };
    const result = { ...hundredfold.result, fanout: { ...fanout, subscribers: 100_000, ours } };
    const { document: text } = await written({ ...FIXTURE, "fanout-100000": { ...hundredfold, result } });
    expect(readCells(text, "100,000 subscribers: subscribers not reached")).toEqual([
      "0",
      "1",
      "**does not hold**",
    ]);
    expect(readCells(text, "100,000 subscribers: seconds / seconds for 10,000")?.[1]).toBe("10.50 ×");
    expect(readCells(text, "100,000 subscribers: memory growth of a worker")?.[2]).toBe("**does not hold**");
    expect(readCells(text, "100,000 subscribers: posts per second / the SDK page loop's")?.[2]).toBe("holds");
  });

  it("shows the rounds, duration and checks of each benchmark", () => {
    expect(readCells(document, "`posts`")?.slice(0, 3)).toEqual(["3", "1 min 05 s", "1 of 1"]);
  });

  it("shows the command of a benchmark that was not measured, too", () => {
    expect(document).toContain("npm run bench -- fanout --subscribers 100000 --bytes 500 --rounds 2");
  });

  it("shows how many SUBSCRIBEs were answered and refused beside a fan-out, with and without a cap on the posts", () => {
    expect(readCells(document, "posts ≤ 70 %")?.slice(0, 2)).toEqual(["52 of 52", "0"]);
    expect(readCells(document, "learned rate alone")?.slice(0, 2)).toEqual(["52 of 52", "5"]);
  });

  it("names the benchmarks that were not measured, and the reason", async () => {
    expect(document).toContain("**`fanout-100000` was not measured:** this run skipped it.");
    expect(document).toContain("**`throttle-4` was not measured:** ended with code 1 without a result.");
    const none = (await written({})).document;
    for (const { id } of PLAN) expect(none).toContain(`**\`${id}\` was not measured:**`);
  });

  it("names the figures that come from a quick run", async () => {
    expect(document).not.toContain("Quick runs");
    const { posts } = FIXTURE;
    if (!posts) throw new Error("the fixture has no posts");
    const quick = (await written({ ...FIXTURE, posts: { ...posts, quick: true } })).document;
    expect(quick).toContain("**Quick runs of one round each, too short to be reliable: `posts`.**");
  });

  it("names the checks that failed", async () => {
    const { "hot-topic": hotTopic } = FIXTURE;
    if (!hotTopic || !("result" in hotTopic)) throw new Error("the fixture has no hot topic");
    const checks = [...hotTopic.result.checks, { what: "offsets are contiguous", holds: false }];
    const failing = { ...FIXTURE, "hot-topic": { ...hotTopic, result: { ...hotTopic.result, checks } } };
    const text = (await written(failing)).document;
    expect(text).toContain("- `hot-topic`: offsets are contiguous");
    expect(readCells(text, "`hot-topic`")?.[2]).toBe("1 of 2");
  });

  it("embeds exactly the charts that were written", async () => {
    const shown = (text: string) =>
      [...text.matchAll(/\(benchmarks\/(.+?)\)/g)].map(([, name]) => name).sort();
    for (const kept of [FIXTURE, {}, { posts: FIXTURE.posts }] as KeptResults[]) {
      const { document: text, charts } = await written(kept);
      expect(shown(text)).toEqual(Object.keys(charts).sort());
    }
  });
});

describe("the generated charts", () => {
  const parse = (xml: string) => new new Window().DOMParser().parseFromString(xml, "application/xml");

  it("should be well-formed XML", async () => {
    expect(parse("<svg><g></svg>").querySelector("parsererror")).not.toBeNull();
    const { charts } = await written(FIXTURE);
    expect(Object.keys(charts)).toHaveLength(4);
    for (const chart of Object.values(charts)) {
      const parsed = parse(chart);
      expect(parsed.querySelector("parsererror")).toBeNull();
      expect(parsed.documentElement.tagName).toBe("svg");
      expect(chart).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it("draw every measured series, and a hollow point where subscribers were not reached", async () => {
    const { charts } = await written(FIXTURE);
    const time = parse(charts["fanout-time.svg"] ?? "");
    expect(time.querySelectorAll("polyline")).toHaveLength(3);
    expect(time.querySelectorAll("circle")).toHaveLength(6);
    expect(time.querySelectorAll('circle[fill="#f6f8fa"]')).toHaveLength(1);
    expect(parse(charts["throttle.svg"] ?? "").querySelectorAll("polyline")).toHaveLength(3);
  });
});

it("reads back the results that were kept, unchanged", async () => {
  await inFolder(async (folder) => {
    expect(await readResults(folder)).toEqual({});
    const { posts } = FIXTURE;
    if (!posts) throw new Error("the fixture has no posts");
    await keepResult(folder, "posts", posts);
    expect(await readResults(folder)).toEqual({ posts });
  });
});
