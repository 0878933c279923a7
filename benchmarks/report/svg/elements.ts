/** Returns an SVG element as text. Only this file escapes attribute values and text. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeText(format(value))}"`);
  const head = `<${name}${written.join("")}`;
  return children.length > 0 ? `${head}>${children.join("")}</${name}>` : `${head}/>`;
}

export const label = (
  text: string,
  x: number,
  y: number,
  attributes: Readonly<Record<string, string | number>> = {},
): string => element("text", { x, y, fill: INK, ...attributes }, escapeText(text));

export const line = (
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  attributes: Readonly<Record<string, string | number>> = {},
): string => element("line", { x1, y1, x2, y2, stroke: GRID, ...attributes });

export const INK = "#24292f";
export const FAINT_INK = "#57606a";
const GRID = "#d0d7de";
export const PAPER = "#f6f8fa";

export const WIDTH = 760;

/** Returns the whole picture. It has its own background, so that it is readable on light and on dark pages. */
export function picture(title: string, height: number, ...children: readonly string[]): string {
  const frame = { x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, rx: 6 };
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: "img",
      "font-family": "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif",
      "font-size": 13,
    },
    element("title", {}, escapeText(title)),
    element("rect", { ...frame, fill: PAPER, stroke: GRID }),
    label(title, 20, 30, { "font-size": 16, "font-weight": 600 }),
    ...children,
  )}\n`;
}

const format = (value: string | number): string =>
  typeof value === "number" ? String(Math.round(value * 100) / 100) : value;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escapeText = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
