import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { breakages, broken } from "./breakage/breakages.ts";

const sourceOf = (file: string): string =>
  readFileSync(new URL(`../../packages/pubsub/src/${file}`, import.meta.url), "utf8");

describe.each(breakages)("the breakage $name", (breakage) => {
  it("fits the source as it is today", () => {
    const source = sourceOf(breakage.file);
    expect(broken(source, breakage)).not.toBe(source);
  });

  it("is refused where it does not fit", () => {
    expect(() => broken("", breakage)).toThrow(`Breakage ${breakage.name} fits ${breakage.file} 0 times`);
  });
});
