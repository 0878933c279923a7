/** docs/api.md has the names, signatures, options and fields of the sources, and no others. */
import { describe, expect, it } from "vitest";
import {
  chapterHeadings,
  chapterOf,
  everyExport,
  firstName,
  PACKAGE,
  type PackageExport,
  rowsOf,
  sectionOf,
  subpaths,
  withOptions,
} from "../../support/api-document.ts";
import { namesIn } from "../../support/markdown-sections.ts";

const functions = everyExport.filter(({ kind }) => kind === "function");
const withFields = everyExport.filter(
  ({ kind, fields, name }) => kind === "type" && fields.length > 0 && name !== "PubsubConfig",
);
const withLiterals = everyExport.filter(({ literals }) => literals.length > 0);

const withoutUndefined = (text: string): string => text.replaceAll(" | undefined", "");

/** `"a" | "b"` and `"b" | "a"` are the same type. */
const inOrder = (type: string): string =>
  type.includes("<") || type.includes("(") ? type : type.split(" | ").toSorted().join(" | ");

describe("docs/api.md", () => {
  it("has a chapter for each subpath of the package, and for no other", () => {
    const described = chapterHeadings.filter((heading) => heading.startsWith(PACKAGE));
    expect(described.toSorted()).toEqual(subpaths.toSorted());
  });

  it.each(subpaths)("has only headings for names that %s exports", (subpath) => {
    const exported = everyExport.filter((each) => each.subpath === subpath).map(({ name }) => name);
    const named = chapterOf(subpath).flatMap(({ level, names }) => (level > 2 ? names : []));
    expect(named.filter((name) => !exported.includes(name))).toEqual([]);
  });

  it.each(everyExport)("describes $name in the chapter of $subpath", (found) => {
    const chapter = chapterOf(found.subpath);
    const rows = chapter.flatMap(({ tables }) => tables.flatMap((table) => table.rows.map(firstName)));
    const isRow = rows.some((name) => name === found.name || name.startsWith(`${found.name}(`));
    expect(sectionOf(found) !== undefined || isRow || isNamedWithItsFields(found)).toBe(true);
  });

  it.each(functions)("shows the signature of $name as the source has it", ({ subpath, signature }) => {
    const shown = chapterOf(subpath).flatMap(({ text }) => namesIn(text));
    expect(shown).toContain(withoutUndefined(signature));
  });

  it.each(withOptions)("lists the options of $name, with their types, and no others", (found) => {
    const rows = rowsOf(sectionOf(found), "option");
    const documented = rows.map((row) => [firstName(row), ...namesIn(row[1] ?? "").map(inOrder)]);
    const options = found.fields.map(({ name, type }) => [name, inOrder(withoutUndefined(type))]);
    expect(documented.toSorted()).toEqual(options.toSorted());
  });

  it.each(withOptions)("marks the required options of $name", (found) => {
    const required = rowsOf(sectionOf(found), "option").filter(([, , standard]) => standard === "required");
    const expected = found.fields.filter(({ optional }) => !optional).map(({ name }) => name);
    expect(required.map(firstName).toSorted()).toEqual(expected.toSorted());
  });

  it.each(withFields)("lists the fields of $name", (found) => {
    expect(fieldsMissing(found)).toEqual([]);
  });

  it.each(withLiterals)("names each value of $name", ({ subpath, literals }) => {
    const named = new Set(chapterOf(subpath).flatMap(({ text }) => namesIn(text)));
    expect(literals.filter((each) => !named.has(each) && !named.has(JSON.parse(each)))).toEqual([]);
  });
});

/**
 * Returns the fields of a type without a row in the section that names the type. An options type may share the section
 * of its function.
 */
function fieldsMissing(found: PackageExport): string[] {
  const missing = chapterOf(found.subpath)
    .filter(({ names, text }) => names.includes(found.name) || namesIn(text).includes(found.name))
    .map(({ tables }) => {
      const rows = new Set(tables.flatMap((table) => table.rows.map(firstName)));
      return found.fields.map(({ name }) => name).filter((name) => !rows.has(name));
    });
  return missing.toSorted((a, b) => a.length - b.length)[0] ?? [`no section names ${found.name}`];
}

const isNamedWithItsFields = (found: PackageExport): boolean =>
  found.kind === "type" && found.fields.length > 0 && fieldsMissing(found).length === 0;
