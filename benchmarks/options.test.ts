import { describe, expect, it } from "vitest";
import { benchmarkUsage, parseName, parseOptions, UsageError } from "./options.ts";

const names = ["posts", "fanout"];
const benchmark = {
  flags: { posts: { default: 20_000, min: 100, max: 1_000_000, help: "posts a round" } },
  rounds: 5,
  profiles: true,
};

describe("parseName", () => {
  it("accepts a known name and --help", () => {
    expect(parseName("fanout", names)).toBe("fanout");
    expect(parseName("--help", names)).toBe("help");
  });

  it.each([
    [undefined, "the first argument must be one of posts, fanout; got nothing"],
    ["fan-out", 'the first argument must be one of posts, fanout; got "fan-out"'],
    ["--json", 'the first argument must be one of posts, fanout; got "--json"'],
    ["toString", 'the first argument must be one of posts, fanout; got "toString"'],
  ])("rejects %j and lists the known names", (given, message) => {
    expect(() => parseName(given, names)).toThrow(new UsageError(message));
  });
});

describe("parseOptions", () => {
  it("returns the defaults if no option is given", () => {
    expect(parseOptions(benchmark, [])).toEqual({
      flags: { posts: 20_000 },
      rounds: 5,
      json: false,
      profile: false,
    });
  });

  it("returns the values that are given", () => {
    const args = ["--posts", "100", "--rounds=2", "--json", "--profile"];
    expect(parseOptions(benchmark, args)).toEqual({
      flags: { posts: 100 },
      rounds: 2,
      json: true,
      profile: true,
    });
    expect(parseOptions(benchmark, ["--posts", "100", "-h"])).toBe("help");
  });

  it.each([
    [["--posts", "99"], '--posts must be a whole number from 100 to 1000000; got "99"'],
    [["--posts", "1e3"], '--posts must be a whole number from 100 to 1000000; got "1e3"'],
    [["--posts="], '--posts must be a whole number from 100 to 1000000; got ""'],
    [["--rounds", "0"], '--rounds must be a whole number from 1 to 100; got "0"'],
    [["--rounds", "101"], '--rounds must be a whole number from 1 to 100; got "101"'],
  ])("rejects %j and names the range", (args, message) => {
    expect(() => parseOptions(benchmark, args)).toThrow(new UsageError(message));
  });

  it.each([["--subscribers", "5"], ["--posts"], ["--json=yes"], ["more"]])("rejects %s", (...args) => {
    expect(() => parseOptions(benchmark, args)).toThrow(UsageError);
  });

  it("lists the known options when it rejects an unknown one", () => {
    const expected = "expected: --posts, --rounds, --json, --help";
    expect(() => parseOptions({ ...benchmark, profiles: false }, ["--profile"])).toThrow(expected);
  });

  it("should have every option described in the usage text", () => {
    const text = benchmarkUsage({ ...benchmark, name: "posts", summary: "What a post costs", run: fail });
    for (const part of [
      "What a post costs",
      "--posts N",
      "100 to 1000000",
      "--rounds N",
      "--json",
      "--profile",
    ]) {
      expect(text).toContain(part);
    }
  });
});

const fail = (): never => {
  throw new Error("benchmarkUsage must not run the benchmark");
};
