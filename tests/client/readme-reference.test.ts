/** Compares the tables of packages/client/README.md with the client's sources. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { repository } from "../support/client-build.ts";
import { namesIn, readSections } from "../support/markdown-sections.ts";
import { readExports } from "../support/source-exports.ts";

const SOURCE = "packages/client/src/index.ts";
const exported = readExports([SOURCE]).get(SOURCE) ?? [];
const sections = readSections(readFileSync(`${repository}packages/client/README.md`, "utf8"));

/** Returns the names in the first column of the table whose first head is `column`. */
function namesOfTable(column: string): string[] {
  const tables = sections.flatMap((section) => section.tables);
  const rows = tables.find(({ head }) => head[0] === column)?.rows ?? [];
  return rows.flatMap(([first = ""]) => namesIn(first));
}

it("lists each error code of the client, and no other", () => {
  const codes = exported.find(({ name }) => name === "PubsubClientErrorCode")?.literals ?? [];
  expect(codes.length).toBeGreaterThan(0);
  expect(namesOfTable("code").toSorted()).toEqual(codes.map((code) => JSON.parse(code)).toSorted());
});

it("lists each option of createPubsubClient, and no other", () => {
  const options = exported.find(({ name }) => name === "createPubsubClient")?.fields ?? [];
  expect(options.length).toBeGreaterThan(0);
  expect(namesOfTable("option").toSorted()).toEqual(options.map(({ name }) => name).toSorted());
});
