import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Window } from "happy-dom";
import { priceTable } from "lambda-websocket-pubsub-local";
import { beforeAll, describe, expect, it } from "vitest";
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

/** The cells of the row that begins with this text. */
const cellsOf = (document: string, first: string): string[] | undefined =>
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

describe("the document", () => {
  let document: string;
  beforeAll(async () => {
    ({ document } = await written(FIXTURE));
  });

  it("says what was measured, where and when", () => {
    expect(document).toContain(
      "Measured on 2026-01-02, commit `abc1234`, on Test CPU with 2 cores, Node v24.0.0.",
    );
    expect(document).toContain("npm run bench -- fanout --subscribers 10000 --rounds 3");
  });

  it("is formatted as `npm run check` wants it", () => {
    const biome = fileURLToPath(new URL("../../../node_modules/.bin/biome", import.meta.url));
    const args = ["format", "--stdin-file-path=docs/benchmarks.md"];
    expect(execFileSync(biome, args, { input: document, encoding: "utf8" })).toBe(document);
  });

  it("has every benchmark's figures beside the baselines', with their spread", () => {
    expect(cellsOf(document, "the SDK's client")).toEqual(["540.5 (486.5–594.6)", "1,850 (1,665–2,035)"]);
    expect(cellsOf(document, "node:https, signed by hand")?.[0]).toBe("98.5 (88.7–108.4)");
    expect(document).toContain("ours is 1.11 times the floor's, the SDK's is 8.8 times ours");
    expect(cellsOf(document.slice(document.indexOf("10,000 subscribers")), "first version")?.[0]).toBe(
      "7,508",
    );
    expect(cellsOf(document, "SDK, standard retries")?.slice(0, 3)).toEqual([
      "61.0 % (54.9 %–67.1 %)",
      "12.5 %",
      "1,234",
    ]);
    expect(cellsOf(document, "publishes of 8 producers")?.[0]).toBe("258 (232–284)");
    expect(cellsOf(document, "200")).toEqual(["6.25", "1.25", "0.32", "1.60", "1.5", "1.5", "0"]);
    expect(cellsOf(document.slice(document.indexOf("| frames out of order")), "200")).toEqual([
      "25.0 %",
      "5.0 %",
      "0.0 %",
      "0.0 %",
    ]);
    expect(cellsOf(document, "through the queue")?.[2]).toBe("70.5 (63.5–77.6)");
    expect(cellsOf(document, "@smithy/core")).toEqual(["140.8"]);
  });

  it("says what publications cost, and by which prices", () => {
    const cost = document.slice(document.indexOf("## What it costs on AWS"));
    expect(cost).toContain(`${priceTable.asOf} in ${priceTable.region}`);
    expect(cellsOf(cost, "1,000")).toEqual(["1.0123", "1,012", "1.23 %", "1.23 %"]);
    expect(cellsOf(cost, "10,000")?.[1]).toBe("10,123");
  });

  it.each([
    ["one post: our CPU time over the floor's", "≤ 1.30 ×", "1.11 ×", "holds"],
    ["1,000 subscribers, 500 bytes: cost on top of API Gateway's messages", "≤ 1.5 %", "1.2 %", "holds"],
    ["2,000 posts a second let through, 1 worker: refused", "≤ 5.0 %", "12.5 %", "**does not hold**"],
    [
      "a topic of 8 producers: publishes over one loop's bare puts",
      "≥ 0.50 ×",
      "0.43 ×",
      "**does not hold**",
    ],
    ["a topic of 8 producers: the log is contiguous", "yes", "yes", "holds"],
    ["200 publishes a second: events a post", "≥ 5.0", "6.3", "holds"],
    ["200 publishes a second: data frames in another order than the shared ones", "0", "0", "holds"],
    ["100,000 subscribers: not reached", "0", "–", "not measured"],
    ["100,000 subscribers: seconds over those of 10,000", "≤ 11.00 ×", "–", "not measured"],
  ])("judges the target %j", (target, ...cells) => {
    expect(cellsOf(document, target)).toEqual(cells);
  });

  it("judges no target that nothing was measured for", async () => {
    const { document: empty } = await written({});
    const rows = empty.split("\n").filter((line) => line.startsWith("| ") && line.includes(" – |"));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row).toMatch(/ – \| +not measured \|$/);
  });

  it("compares 100,000 subscribers with 10,000", async () => {
    const hundredfold = FIXTURE["fanout-10000"];
    if (!hundredfold || !("result" in hundredfold)) throw new Error("the fixture has no fan-out");
    const { fanout } = hundredfold.result;
    if (!fanout) throw new Error("the fixture has no fan-out");
    const ours = { ...fanout.ours, reached: 99_999, seconds: 10.5, rssGrowthMb: 151, duplicates: 1 };
    const result = { ...hundredfold.result, fanout: { ...fanout, subscribers: 100_000, ours } };
    const { document: text } = await written({ ...FIXTURE, "fanout-100000": { ...hundredfold, result } });
    expect(cellsOf(text, "100,000 subscribers: not reached")).toEqual(["0", "1", "**does not hold**"]);
    expect(cellsOf(text, "100,000 subscribers: seconds over those of 10,000")?.[1]).toBe("10.50 ×");
    expect(cellsOf(text, "100,000 subscribers: growth of a worker's memory")?.[2]).toBe("**does not hold**");
    expect(cellsOf(text, "100,000 subscribers: posts a second over the SDK page loop's")?.[2]).toBe("holds");
  });

  it("says how often each was measured, and how long that took", () => {
    expect(cellsOf(document, "`posts`")?.slice(0, 3)).toEqual(["3", "1 min 05 s", "1 of 1"]);
  });

  it("says how each is measured again, even what was not measured", () => {
    expect(document).toContain("npm run bench -- fanout --subscribers 100000 --bytes 500 --rounds 2");
  });

  it("says what was not measured, and why", async () => {
    expect(document).toContain("**`fanout-100000` was not measured:** it was left out of this run.");
    expect(document).toContain("**`throttle-4` was not measured:** ended with code 1 and no result");
    const none = (await written({})).document;
    for (const { id } of PLAN) expect(none).toContain(`**\`${id}\` was not measured:**`);
  });

  it("says which figures come of a quick look only", async () => {
    expect(document).not.toContain("quick look");
    const { posts } = FIXTURE;
    if (!posts) throw new Error("the fixture has no posts");
    const quick = (await written({ ...FIXTURE, posts: { ...posts, quick: true } })).document;
    expect(quick).toContain("**Only a quick look, one round each, and nothing to rely on: `posts`.**");
  });

  it("names the checks that failed", async () => {
    const { "hot-topic": hotTopic } = FIXTURE;
    if (!hotTopic || !("result" in hotTopic)) throw new Error("the fixture has no hot topic");
    const checks = [...hotTopic.result.checks, { what: "offsets are contiguous", holds: false }];
    const failing = { ...FIXTURE, "hot-topic": { ...hotTopic, result: { ...hotTopic.result, checks } } };
    const text = (await written(failing)).document;
    expect(text).toContain("- `hot-topic`: offsets are contiguous");
    expect(cellsOf(text, "`hot-topic`")?.[2]).toBe("1 of 2");
  });

  it("shows the charts that there are, and no others", async () => {
    const shown = (text: string) =>
      [...text.matchAll(/\(benchmarks\/(.+?)\)/g)].map(([, name]) => name).sort();
    for (const kept of [FIXTURE, {}, { posts: FIXTURE.posts }] as KeptResults[]) {
      const { document: text, charts } = await written(kept);
      expect(shown(text)).toEqual(Object.keys(charts).sort());
    }
  });
});

describe("the charts", () => {
  const parse = (xml: string) => new new Window().DOMParser().parseFromString(xml, "application/xml");

  it("are well-formed XML", async () => {
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

  it("draw every series that was measured, and mark who was not reached", async () => {
    const { charts } = await written(FIXTURE);
    const time = parse(charts["fanout-time.svg"] ?? "");
    expect(time.querySelectorAll("polyline")).toHaveLength(3);
    expect(time.querySelectorAll("circle")).toHaveLength(6);
    expect(time.querySelectorAll('circle[fill="#f6f8fa"]')).toHaveLength(1);
    expect(parse(charts["throttle.svg"] ?? "").querySelectorAll("polyline")).toHaveLength(3);
  });
});

it("keeps results as they are, and reads back what there is", async () => {
  await inFolder(async (folder) => {
    expect(await readResults(folder)).toEqual({});
    const { posts } = FIXTURE;
    if (!posts) throw new Error("the fixture has no posts");
    await keepResult(folder, "posts", posts);
    expect(await readResults(folder)).toEqual({ posts });
  });
});
