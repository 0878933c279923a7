const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const count = (value: number): string => whole.format(value);
/** 12.3K */
export const brief = (value: number): string => (value < 10_000 ? whole.format(value) : short.format(value));
export const perSecond = (value: number): string =>
  value === 0 ? "0" : value < 10 ? value.toFixed(1) : short.format(Math.round(value));

export function duration(ms: number): string {
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return minutes < 48 * 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${Math.floor(minutes / 1_440)} days`;
}

export const ago = (atMs: number, nowMs: number): string =>
  nowMs - atMs < 1_500
    ? "now"
    : `${duration(Math.floor((nowMs - atMs) / 1_000) * 1_000).replace(/\.\d+/, "")} ago`;

export const time = (atMs: number): string =>
  `${clock.format(atMs)}.${String(Math.floor(atMs) % 1_000).padStart(3, "0")}`;
export const dateTime = (atMs: number): string =>
  new Date(atMs).toISOString().replace("T", " ").replace("Z", " UTC");

export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)} KB` : `${(value / 1_000_000).toFixed(1)} MB`;
}

export function dollars(value: number): string {
  if (value === 0) return "$0";
  return value < 0.01 ? `$${value.toPrecision(2)}` : `$${value.toFixed(2)}`;
}

/** `1 event`, `2 events` */
export const plural = (value: number, word: string, words = `${word}s`): string =>
  `${count(value)} ${value === 1 ? word : words}`;
