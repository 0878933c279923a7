import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { paint } from "../data/theme.ts";

export interface Series {
  name: string;
  /** The name of a colour in base.css. */
  color: string;
  values: readonly (number | null)[];
  dashed?: boolean;
}

const HEIGHT = 190;

/** Draws lines over time. `format` is for the values of the axis and of the legend. */
export function Chart({
  title,
  atMs,
  series,
  format,
}: {
  title: string;
  atMs: readonly number[];
  series: readonly Series[];
  format: (value: number) => string;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const names = series.map(({ name }) => name).join();
  const painted = paint.value;

  // Made anew for other series and colours only: the next effect passes on new values
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const made = new uPlot(options(current, series, format), dataOf(atMs, series), current);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: current.clientWidth, height: HEIGHT }));
    observer.observe(current);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names, painted]);

  useEffect(() => {
    plot.current?.setData(dataOf(atMs, series));
  }, [atMs, series]);

  return (
    <figure class="chart" aria-label={title}>
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="legend">
          {series.map(({ name, color, values, dashed }) => {
            const value = values.findLast((each) => each !== null);
            return (
              <span key={name} class={`legend-item ${color} ${dashed ? "dashed" : ""}`}>
                {name} <b>{value === undefined || value === null ? "–" : format(value)}</b>
              </span>
            );
          })}
        </span>
      </figcaption>
      <div class="plot" ref={box} aria-hidden="true" />
    </figure>
  );
}

const dataOf = (atMs: readonly number[], series: readonly Series[]): uPlot.AlignedData =>
  [atMs.map((ms) => ms / 1_000), ...series.map(({ values }) => [...values])] as uPlot.AlignedData;

function options(
  box: HTMLElement,
  series: readonly Series[],
  format: (value: number) => string,
): uPlot.Options {
  // A canvas takes no variables, and `light-dark()` only has a value on an element
  const probe = box.appendChild(document.createElement("i"));
  const resolve = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [muted, line] = [resolve("muted"), resolve("line")];
  const axis = {
    stroke: muted,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: "11px system-ui",
  };
  const made: uPlot.Options = {
    width: box.clientWidth || 300,
    height: HEIGHT,
    legend: { show: false },
    padding: [10, 10, 0, 0],
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      { ...axis, values: "{HH}:{mm}:{ss}", space: 70, size: 28 },
      { ...axis, size: 58, values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...series.map(({ name, color, dashed }) => ({
        label: name,
        stroke: resolve(color),
        width: 1.6,
        ...(dashed ? { dash: [5, 4] } : { fill: `color-mix(in srgb, ${resolve(color)} 9%, transparent)` }),
        points: { show: false },
        spanGaps: true,
      })),
    ],
  };
  probe.remove();
  return made;
}
