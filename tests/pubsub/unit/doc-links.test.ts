/** Relative links in the docs lead to a file, and to a heading in it. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { repository } from "../../support/client-build.ts";
import { readSections } from "../../support/markdown-sections.ts";

const PAGES = ["*.md", "docs/**/*.md", "packages/*/README.md", "examples/*/README.md", ".changeset/*.md"];
const pages = PAGES.flatMap((pattern) => globSync(pattern, { cwd: repository })).toSorted();

const read = (page: string): string => readFileSync(`${repository}${page}`, "utf8");

/** Returns the anchor that GitHub makes for a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");

function brokenLinks(page: string): string[] {
  const prose = read(page).replace(/^```.*?^```/gms, "");
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(page, target));
}

function leadsSomewhere(page: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(`${repository}${file}`)) return false;
  if (anchor === undefined) return true;
  return readSections(read(file)).some(({ heading }) => anchorOf(heading) === anchor);
}

it("finds the pages in the root and in the folders of docs", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/api.md", "docs/decisions/README.md"]));
});

it.each(pages)("has no broken link in %s", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

it.each([
  ["a file that does not exist", "no-such-page.md"],
  ["a heading that does not exist", "protocol.md#no-such-heading"],
])("reports a link to %s as broken", (_, target) => {
  expect(leadsSomewhere("docs/api.md", target)).toBe(false);
});
