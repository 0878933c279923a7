import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/**
 * Colours text for standard output, or for `stream`, if that is a terminal. NO_COLOR and FORCE_COLOR decide otherwise. Make
 * text from outside `printable` first: this adds the characters that `printable` would escape.
 */
type Colour = (text: string, stream?: NodeJS.WriteStream) => string;

const coloured =
  (style: Style): Colour =>
  (text, stream = process.stdout) =>
    styleText(style, text, { stream });

export const bold: Colour = coloured("bold");
export const dim: Colour = coloured("dim");
export const green: Colour = coloured("green");
export const yellow: Colour = coloured("yellow");
export const red: Colour = coloured("red");
export const cyan: Colour = coloured("cyan");
