/** docs/verified.md against the results that it is written from, and against the checks that exist. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allChecks } from "../../packages/cli/src/verify/checks/index.ts";
import { type Results, readResults, verifiedPage } from "../../packaging/verified-page.ts";
import { repository } from "../support/client-build.ts";

const results = readResults(`${repository}docs/verified/`);
const read = (file: string): string => readFileSync(`${repository}docs/${file}`, "utf8");
const ids = allChecks({ indexRows: 1, chain: 1 }).map(({ id }) => id);

describe("docs/verified.md", () => {
  it("is what npm run verified writes from docs/verified", () => {
    expect(read("verified.md")).toBe(verifiedPage(results));
  });

  it("has every check of pubsub verify, in its order", () => {
    expect(results.local.checks.map(({ id }) => id)).toEqual(ids);
  });

  it("says not yet for AWS in every row without a result of a deployed stage", () => {
    const rows = verifiedPage({ ...results, aws: undefined })
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    expect(rows.length).toBe(ids.length);
    expect(rows.filter((row) => !/\| not yet +\|$/.test(row))).toEqual([]);
  });

  it("has what a deployed stage showed beside the local stack", () => {
    const [first, ...others] = results.local.checks;
    if (!first) throw new Error("no checks");
    const aws: Results["aws"] = {
      ...results.local,
      target: "wss://example.com",
      checks: [{ ...first, holds: false, saw: "a|b" }],
    };
    const page = verifiedPage({ ...results, aws });
    expect(page).toMatch(new RegExp(`^\\| \`${first.id}\` .*\\*\\*failed\\*\\*: a\\\\\\|b +\\|$`, "m"));
    expect(page.match(/\| not yet +\|$/gm)?.length).toBe(others.length);
  });
});

it("names in the last column of docs/operations.md's table only checks that exist, and one in each row but traces", () => {
  const [, verified = ""] = read("operations.md").split("\n## Verified\n");
  const rows = verified.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| what"));
  const named = rows.map((row) =>
    [...(row.split(" | ").at(-1) ?? "").matchAll(/`([^`]+)`/g)].map(([, id]) => id ?? ""),
  );
  expect(named.flat().filter((id) => !ids.includes(id))).toEqual([]);
  expect(rows.filter((_, index) => named[index]?.length === 0)).toEqual([
    expect.stringMatching(/^\| -+ \|/),
    expect.stringMatching(/^\| traces /),
  ]);
});
