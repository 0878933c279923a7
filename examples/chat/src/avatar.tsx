import type { ReactNode } from "react";

const HUES = 360;

/** Two initials, in a colour that depends on the name. */
export function Avatar({ name }: { name: string }): ReactNode {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % HUES, 7);
  const initials = name
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, 2)
    .map((word) => [...word][0])
    .join("");
  return (
    <span className="avatar" aria-hidden="true" style={{ ["--hue" as string]: hue }}>
      {initials.toUpperCase()}
    </span>
  );
}
