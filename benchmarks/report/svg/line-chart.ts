import { element, FAINT_INK, INK, label, line, PAPER, picture, WIDTH } from "./elements.ts";
import { linearScale, logScale, type Scale, tickLabel } from "./scale.ts";

export interface LineChart {
  title: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
  /** A horizontal line for comparison. */
  level?: { at: number; name: string };
  /** A note below the legend. */
  note?: string;
}

export interface Axis {
  /** Name of the axis, with the unit. */
  name: string;
  scale: "log" | "linear";
}

export interface Series {
  name: string;
  colour: string;
  points: readonly Point[];
  /** Whether the points are marked. This is for lines with few points. */
  marked: boolean;
}

export interface Point {
  x: number;
  y: number;
  /** Whether the point is drawn hollow, because its figure is not comparable with the others. */
  hollow?: boolean;
}

const PLOT = { left: 84, right: WIDTH - 40, top: 52, bottom: 340 } as const;
const LEGEND_TOP = 408;
const LEGEND_LINE = 22;
const LEGEND_COLUMNS = 2;

/** Draws lines over a common axis, with a legend. */
export function lineChart({ title, x, y, series, level, note }: LineChart): string {
  const points = series.flatMap((each) => each.points);
  const xs = createScale(
    x,
    points.map((point) => point.x),
    PLOT.left,
    PLOT.right,
  );
  const heights = [...points.map((point) => point.y), ...(level ? [level.at] : [])];
  const ys = createScale(y, heights, PLOT.bottom, PLOT.top);
  const entries = [...series.map(({ name, colour }) => ({ name, colour, dash: "" })), ...levelEntry(level)];
  const legendRows = Math.ceil(entries.length / LEGEND_COLUMNS);
  const noteTop = LEGEND_TOP + legendRows * LEGEND_LINE;
  return picture(
    title,
    noteTop + (note ? 14 : -8),
    ...axes(x, xs, y, ys),
    ...(level ? [line([PLOT.left, ys.place(level.at), PLOT.right, ys.place(level.at)], LEVEL)] : []),
    ...series.map((each) => drawSeries(each, xs, ys)),
    ...entries.map((entry, index) => legendEntry(entry, index)),
    ...(note ? [label(note, PLOT.left, noteTop, { fill: FAINT_INK, "font-size": 12 })] : []),
  );
}

const DASHES = "6 4";
const LEVEL = { stroke: INK, "stroke-width": 1.5, "stroke-dasharray": DASHES };

const createScale = ({ scale }: Axis, values: readonly number[], from: number, to: number): Scale =>
  (scale === "log" ? logScale : linearScale)(values, from, to);

function axes(x: Axis, xs: Scale, y: Axis, ys: Scale): string[] {
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return [
    ...xs.ticks.flatMap((tick) => [
      line([xs.place(tick), PLOT.top, xs.place(tick), PLOT.bottom]),
      label(tickLabel(tick), xs.place(tick), PLOT.bottom + 20, { "text-anchor": "middle", fill: FAINT_INK }),
    ]),
    ...ys.ticks.flatMap((tick) => [
      line([PLOT.left, ys.place(tick), PLOT.right, ys.place(tick)]),
      label(tickLabel(tick), PLOT.left - 8, ys.place(tick) + 4, { "text-anchor": "end", fill: FAINT_INK }),
    ]),
    line([PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom], { stroke: FAINT_INK }),
    line([PLOT.left, PLOT.top, PLOT.left, PLOT.bottom], { stroke: FAINT_INK }),
    label(x.name, (PLOT.left + PLOT.right) / 2, PLOT.bottom + 44, { "text-anchor": "middle" }),
    label(y.name, 22, middle, { "text-anchor": "middle", transform: `rotate(-90 22 ${middle})` }),
  ];
}

function drawSeries({ colour, points, marked }: Series, xs: Scale, ys: Scale): string {
  const places = points.map((point) => ({ ...point, x: xs.place(point.x), y: ys.place(point.y) }));
  const path = places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const stroke = { stroke: colour, "stroke-width": 2 };
  return element(
    "g",
    {},
    element("polyline", { points: path, fill: "none", "stroke-linejoin": "round", ...stroke }),
    ...(marked ? places : []).map(({ x, y, hollow }) =>
      element("circle", { cx: x, cy: y, r: 4.5, fill: hollow ? PAPER : colour, ...stroke }),
    ),
  );
}

interface LegendEntry {
  name: string;
  colour: string;
  dash: string;
}

const levelEntry = (level: LineChart["level"]): LegendEntry[] =>
  level ? [{ name: level.name, colour: INK, dash: DASHES }] : [];

function legendEntry({ name, colour, dash }: LegendEntry, index: number): string {
  const x = PLOT.left + (index % LEGEND_COLUMNS) * ((PLOT.right - PLOT.left) / LEGEND_COLUMNS);
  const y = LEGEND_TOP + Math.floor(index / LEGEND_COLUMNS) * LEGEND_LINE;
  const stroke = { stroke: colour, "stroke-width": 3, ...(dash && { "stroke-dasharray": dash }) };
  return element("g", {}, line([x, y - 4, x + 26, y - 4], stroke), label(name, x + 34, y));
}
