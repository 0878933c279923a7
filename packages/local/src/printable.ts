/**
 * What a terminal acts on and a reader does not see: control characters (C0, DEL and C1), characters that change the
 * direction of the text around them, other invisible format characters, separators of lines and paragraphs, and halves of
 * surrogate pairs. Text of a stranger could hide or rewrite lines with them. The two joiners, which scripts and emoji
 * need, stay.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escaped = (character: string): string => {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint <= 0xffff) return `\\u${codePoint.toString(16).padStart(4, "0")}`;
  // As JSON has it, so that escaped JSON stays JSON
  return [0, 1].map((unit) => `\\u${character.charCodeAt(unit).toString(16)}`).join("");
};

/** Returns text from outside as one line that a terminal shows as it is: `\u001b` instead of an escape. */
export const printable = (text: string): string => text.replace(UNSAFE, escaped);

/** The same for text of several lines, such as a stack trace. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");

/** Returns a value as JSON on one line. All that `printable` replaces is written as an escape, which JSON has anyway. */
export const printableJson = (value: unknown): string => printable(JSON.stringify(value));
