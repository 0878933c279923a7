import type { JSX } from "preact";

const PATHS = {
  live: "M3 12h4l3 8 4-16 3 8h4",
  letters: "M4 6h16v12H4zM4 7l8 6 8-6",
  health: "M4 20V10M10 20V4M16 20v-8M21 20H3",
  topic: "M9 4 7 20M17 4l-2 16M4 9h17M3 15h17",
  alert: "M12 4 2.5 20h19zM12 10v4M12 17v.5",
  send: "M4 12 20 4l-5 16-4-7zM11 13l9-9",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  pause: "M8 5v14M16 5v14",
  play: "M7 4v16l13-8z",
  check: "M4 12l5 6L20 6",
  key: "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12l9-9M16 7l3 3",
  previous: "M14 6l-6 6 6 6",
  next: "M10 6l6 6-6 6",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l4 2",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }): JSX.Element => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
