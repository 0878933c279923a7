const DIGEST_LENGTH = 11;

/** Characters above this one take two code units of a string. */
const LAST_OF_ONE_UNIT = 0xffff;

/** Returns the lines' 53 bits in base 36. Names must differ, but need not be secret. */
export const digest = (lines: readonly string[]): string =>
  hash53(lines.join("\n")).toString(36).padStart(DIGEST_LENGTH, "0");

/** Returns 53 bits of the text, by cyrb53. https://github.com/bryc/code */
export function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  // By index: an iteration over the characters takes three times as long, and a part has 60,000 of them
  for (let index = 0; index < text.length; index++) {
    const code = text.codePointAt(index) ?? 0;
    if (code > LAST_OF_ONE_UNIT) index += 1;
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (low & 0x1fffff) + (high >>> 0);
}
