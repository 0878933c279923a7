import type { Simulated } from "./simulate.ts";
import type { Second } from "./timeline.ts";

const SIZE = { width: 860, height: 420 } as const;
const PLOT = { left: 84, right: 836, top: 84, bottom: 356 } as const;
const INK = "#1f2328";
const FAINT = "#57606a";
const GRID = "#d8dee4";
const COLOURS = { delivered: "#0969da", throttled: "#bc4c00", failed: "#a40e26" } as const;
const NAMES = { delivered: "delivered", throttled: "throttled (429)", failed: "failed (500)" } as const;
/** More points than pixels would only make the file larger. */
const POINTS_MAX = 400;
const TICKS = 6;

/** Draws the posts of each second as an SVG with its own light background, readable on any page. */
export function drawPosts({ perSecond, settings }: Simulated): string {
  const every = Math.max(1, Math.ceil(perSecond.length / POINTS_MAX));
  const points = averaged(perSecond, every);
  const lastSecond = Math.max(1, points.length * every);
  const xTicks = ticksTo(lastSecond);
  const highest = Math.max(settings.accountRate, ...points.flatMap((point) => Object.values(point)));
  const yTicks = ticksTo(highest);
  const yMax = Math.max(highest * 1.05, yTicks.at(-1) ?? 1);
  const x = (second: number): number => PLOT.left + (second / lastSecond) * (PLOT.right - PLOT.left);
  const y = (posts: number): number => PLOT.bottom - (posts / yMax) * (PLOT.bottom - PLOT.top);
  const shown = (["delivered", "throttled", "failed"] as const).filter((name) =>
    points.some((point) => point[name] > 0),
  );
  const title = `Posts a second: ${settings.subscribers.toLocaleString("en-US")} subscribers`;
  const quota = `the account's rate: ${settings.accountRate.toLocaleString("en-US")}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}" role="img" aria-label="${title}" font-family="system-ui, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif" font-size="13" fill="${INK}">`,
    `<title>${title}</title>`,
    `<rect width="${SIZE.width}" height="${SIZE.height}" fill="#ffffff"/>`,
    text(title, 24, 32, 'font-size="17" font-weight="600"'),
    ...legend(shown, quota),
    ...yTicks.flatMap((posts) => [
      line(PLOT.left, y(posts), PLOT.right, y(posts), GRID),
      text(posts.toLocaleString("en-US"), PLOT.left - 10, y(posts) + 4, `text-anchor="end" fill="${FAINT}"`),
    ]),
    ...xTicks.flatMap((second) => [
      line(x(second), PLOT.bottom, x(second), PLOT.bottom + 5, FAINT),
      text(String(second), x(second), PLOT.bottom + 21, `text-anchor="middle" fill="${FAINT}"`),
    ]),
    line(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, FAINT),
    text(
      "seconds after the first publish",
      (PLOT.left + PLOT.right) / 2,
      PLOT.bottom + 46,
      'text-anchor="middle"',
    ),
    text("posts a second", 24, (PLOT.top + PLOT.bottom) / 2, rotated(24, (PLOT.top + PLOT.bottom) / 2)),
    line(
      PLOT.left,
      y(settings.accountRate),
      PLOT.right,
      y(settings.accountRate),
      INK,
      'stroke-dasharray="6 4"',
    ),
    ...shown.map((name) => stepLine(points, name, every, { x, y })),
    "</svg>\n",
  ].join("\n");
}

function averaged(seconds: readonly Second[], every: number): Second[] {
  const points: Second[] = [];
  for (let start = 0; start < seconds.length; start += every) {
    const some = seconds.slice(start, start + every);
    const mean = (name: keyof Second): number =>
      some.reduce((sum, second) => sum + second[name], 0) / some.length;
    points.push({ delivered: mean("delivered"), throttled: mean("throttled"), failed: mean("failed") });
  }
  return points;
}

/** A line of steps, because each value is a whole second's. */
function stepLine(
  points: readonly Second[],
  name: keyof Second,
  every: number,
  { x, y }: { x: (second: number) => number; y: (posts: number) => number },
): string {
  const path = points.map((point, nth) => {
    const [from, to, at] = [x(nth * every), x((nth + 1) * every), y(point[name])].map(rounded);
    return `${nth === 0 ? "M" : "L"}${from} ${at}H${to}`;
  });
  return `<path d="${path.join("")}" fill="none" stroke="${COLOURS[name]}" stroke-width="2"/>`;
}

function legend(shown: readonly (keyof Second)[], quota: string): string[] {
  const entries = [
    ...shown.map((name) => ({ name: NAMES[name], colour: COLOURS[name] as string, dashed: false })),
    { name: quota, colour: INK, dashed: true },
  ];
  let left = PLOT.left;
  return entries.flatMap(({ name, colour, dashed }) => {
    const from = left;
    left += 58 + name.length * 7;
    const dash = dashed ? 'stroke-width="1" stroke-dasharray="6 4"' : 'stroke-width="3"';
    return [line(from, 54, from + 24, 54, colour, dash), text(name, from + 32, 58)];
  });
}

/** Returns round values from 0 up to `most`. */
function ticksTo(most: number): number[] {
  const rough = most / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(
    [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? power,
    1,
  );
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, nth) => nth * step);
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
const rotated = (x: number, y: number): string => `text-anchor="middle" transform="rotate(-90 ${x} ${y})"`;

const text = (content: string, x: number, y: number, more = ""): string =>
  `<text x="${rounded(x)}" y="${rounded(y)}" ${more}>${content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;

const line = (x1: number, y1: number, x2: number, y2: number, colour: string, more = ""): string =>
  `<line x1="${rounded(x1)}" y1="${rounded(y1)}" x2="${rounded(x2)}" y2="${rounded(y2)}" stroke="${colour}" ${more}/>`;
