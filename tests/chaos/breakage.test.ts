import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyBreakage, breakages } from "./breakage/breakages.ts";

const readSource = (file: string): string =>
  readFileSync(new URL(`../../packages/pubsub/src/${file}`, import.meta.url), "utf8");

describe.each(breakages)("the breakage $name", (breakage) => {
  it("matches the present source", () => {
    const source = readSource(breakage.file);
    expect(applyBreakage(source, breakage)).not.toBe(source);
  });

  it("throws an error with its name for a source that it does not match", () => {
    expect(() => applyBreakage("", breakage)).toThrow(
      `Breakage ${breakage.name} must match ${breakage.file} once; got 0 matches`,
    );
  });
});
