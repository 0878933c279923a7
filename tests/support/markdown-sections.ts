/** Reads a Markdown document for tests: its sections, with their tables and code blocks. */

export interface Section {
  heading: string;
  level: number;
  /** The text below the heading, up to the next heading, without code blocks. */
  text: string;
  /** The names in code type in the heading. */
  names: readonly string[];
  tables: readonly Table[];
}

export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

export function readSections(markdown: string): Section[] {
  const sections: Section[] = [];
  const prose = markdown.replace(/^```.*?^```/gms, "");
  for (const part of prose.split(/^(?=#+ )/m)) {
    const [, hashes, heading, text] = /^(#+) ([^\n]*)\n?(.*)$/s.exec(part) ?? [];
    if (hashes === undefined || heading === undefined || text === undefined) continue;
    const names = namesIn(heading);
    sections.push({ heading, level: hashes.length, text, names, tables: readTables(text) });
  }
  return sections;
}

/** Returns the texts in code type, without the backticks. */
export const namesIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => unescapeCell(code));

/** Returns the code blocks of a language, in order. */
export const codeBlocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(/^```(\w+)\n(.*?)^```/gms)]
    .filter(([, found]) => found === language)
    .map(([, , code = ""]) => code);

function readTables(text: string): Table[] {
  const blocks = text.match(/(?:^\|.*\|$\n?)+/gm) ?? [];
  return blocks.map((block) => {
    const [head = [], , ...rows] = block.trim().split("\n").map(readCells);
    return { head, rows };
  });
}

/** Splits a row into cells. `\|` in a cell is a literal bar. */
const readCells = (line: string): string[] =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

const unescapeCell = (cell: string): string => cell.replaceAll("\\|", "|");
