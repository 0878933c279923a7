import { element, FAINT_INK, INK, label, line, picture, WIDTH } from "./elements.ts";
import { linearScale, tickLabel } from "./scale.ts";

export interface BarChart {
  title: string;
  /** Name of the axis, with the unit. */
  name: string;
  bars: readonly Bar[];
}

export interface Bar {
  name: string;
  colour: string;
  value: number;
  /** The lowest value over the rounds. */
  min: number;
  max: number;
}

const PLOT = { left: 250, right: WIDTH - 90, top: 52 } as const;
const BAR_PITCH = 46;
const BAR_HEIGHT = 26;

/** Draws horizontal bars from 0. Each bar shows its value and the spread over the rounds. */
export function barChart({ title, name, bars }: BarChart): string {
  const bottom = PLOT.top + bars.length * BAR_PITCH;
  const scale = linearScale(
    bars.map(({ max }) => max),
    PLOT.left,
    PLOT.right,
  );
  return picture(
    title,
    bottom + 64,
    ...scale.ticks.flatMap((tick) => [
      line([scale.place(tick), PLOT.top, scale.place(tick), bottom]),
      label(tickLabel(tick), scale.place(tick), bottom + 20, { "text-anchor": "middle", fill: FAINT_INK }),
    ]),
    label(name, (PLOT.left + PLOT.right) / 2, bottom + 44, { "text-anchor": "middle" }),
    ...bars.map((bar, index) => {
      const top = PLOT.top + index * BAR_PITCH + (BAR_PITCH - BAR_HEIGHT) / 2;
      return drawBar(bar, top, scale.place);
    }),
    line([PLOT.left, PLOT.top, PLOT.left, bottom], { stroke: FAINT_INK }),
  );
}

function drawBar(
  { name, colour, value, min, max }: Bar,
  top: number,
  place: (value: number) => number,
): string {
  const middle = top + BAR_HEIGHT / 2;
  const whisker = { stroke: INK, "stroke-width": 1.5 };
  const bar = { x: PLOT.left, y: top, width: place(value) - PLOT.left, height: BAR_HEIGHT, fill: colour };
  return element(
    "g",
    {},
    label(name, PLOT.left - 10, middle + 4, { "text-anchor": "end" }),
    element("rect", bar),
    line([place(min), middle, place(max), middle], whisker),
    line([place(min), middle - 5, place(min), middle + 5], whisker),
    line([place(max), middle - 5, place(max), middle + 5], whisker),
    label(value.toFixed(value < 10 ? 1 : 0), place(max) + 8, middle + 4, { "font-weight": 600 }),
  );
}
