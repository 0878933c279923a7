/** Reads docs/api.md and the exports of the package that it describes. */
import { readFileSync } from "node:fs";
import { repository } from "./client-build.ts";
import { namesIn, readSections, type Section, type Table } from "./markdown-sections.ts";
import { readExports, type SourceExport } from "./source-exports.ts";

export const PACKAGE = "lambda-websocket-pubsub";
/** This module's functions are small, so each has a table row. Every other function has a section. */
const ROWS_ONLY = `${PACKAGE}/schema`;

/** An export, and the subpath of the package that exports it. */
export interface PackageExport extends SourceExport {
  subpath: string;
}

const modules = readModules();
export const subpaths: readonly string[] = [...modules.keys()];
const sources = readExports([...modules.values()]);

export const everyExport: readonly PackageExport[] = [...modules].flatMap(([subpath, path]) =>
  (sources.get(path) ?? []).map((found) => ({ subpath, ...found })),
);

/** The exports that need a table of options: functions that take one object, and the configuration. */
export const withOptions: readonly PackageExport[] = everyExport.filter(
  ({ kind, name, fields, subpath }) =>
    subpath !== ROWS_ONLY && ((kind === "function" && fields.length > 0) || name === "PubsubConfig"),
);

const chapters = readChapters(readSections(readFileSync(`${repository}docs/api.md`, "utf8")));
export const chapterHeadings: readonly string[] = [...chapters.keys()];

export const chapterOf = (subpath: string): readonly Section[] => chapters.get(subpath) ?? [];

export const sectionOf = ({ subpath, name }: PackageExport): Section | undefined =>
  chapterOf(subpath).find(({ level, names }) => level > 2 && names.includes(name));

/** Returns the rows of the table whose first column has this head. */
export const rowsOf = (section: Section | undefined, column: string): Table["rows"] =>
  section?.tables.find(({ head }) => head[0] === column)?.rows ?? [];

export const firstName = ([first = ""]: readonly string[]): string => namesIn(first)[0] ?? first;

/** Returns the subpaths of the package and the sources that they load. */
function readModules(): Map<string, string> {
  const manifest = JSON.parse(readFileSync(`${repository}packages/pubsub/package.json`, "utf8")) as {
    exports: Record<string, { "pubsub-source"?: string }>;
  };
  const found = new Map<string, string>();
  for (const [subpath, { "pubsub-source": source }] of Object.entries(manifest.exports)) {
    if (source !== undefined) found.set(`${PACKAGE}${subpath.slice(1)}`, `packages/pubsub${source.slice(1)}`);
  }
  return found;
}

/** Returns the sections of each chapter, by the heading of level 2 that begins it. */
function readChapters(sections: readonly Section[]): Map<string, readonly Section[]> {
  const found = new Map<string, Section[]>();
  let chapter: Section[] = [];
  for (const section of sections) {
    if (section.level === 2) {
      chapter = [];
      found.set(section.names[0] ?? section.heading, chapter);
    }
    chapter.push(section);
  }
  return found;
}
