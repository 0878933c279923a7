import type { DeadLetter } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import { matches } from "../../dlq/matches.ts";
import { type Choice, parseOptions, UsageError } from "../../dlq/options.ts";

describe("the arguments of npm run dlq", () => {
  it("are parsed to a command with its flags", () => {
    expect(parseOptions(["list"])).toEqual({ command: "list", json: false });
    const choice = ["--topic", "t", "--code", "MAX_RECEIVES", "--max", "7"];
    expect(parseOptions(["redrive", ...choice, "--dry-run", "--json"])).toEqual({
      command: "redrive",
      topic: "t",
      code: "MAX_RECEIVES",
      max: 7,
      dryRun: true,
      json: true,
    });
    expect(parseOptions(["show", "--table", "t", "id", "--queue", "q"])).toEqual({
      command: "show",
      id: "id",
      payload: false,
      table: "t",
      queue: "q",
      json: false,
    });
    expect(parseOptions(["redrive", "--help"])).toBe("help");
  });

  it.each([
    [[], "the command must be list, show or redrive; got nothing"],
    [["purge"], 'the command must be list, show or redrive; got "purge"'],
    [["list", "--dry-run"], "Unknown option '--dry-run'"],
    [["list", "x"], "Unexpected argument 'x'"],
    [["redrive", "--payload"], "Unknown option '--payload'"],
    [["redrive", "--max", "0"], '--max must be a whole number from 1; got "0"'],
    [["redrive", "--max", "1e3"], '--max must be a whole number from 1; got "1e3"'],
    [
      ["list", "--code", "500"],
      '--code must be one of DELIVERY_ABANDONED, MAX_RECEIVES, INVALID_MESSAGE; got "500"',
    ],
    [["redrive", "--dryrun"], "Unknown option '--dryrun'"],
    [["redrive", "--topic"], "Option '--topic <value>' argument missing"],
    [["show"], "show takes one id from the output of list"],
    [["show", "a", "b"], "show takes one id from the output of list"],
  ])("throw a UsageError for %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});

describe("matches()", () => {
  const described = { id: "id", reason: "500", attempts: 8, sentAt: 0 };
  const abandoned = (topicId: string): DeadLetter => ({
    ...described,
    code: "DELIVERY_ABANDONED",
    malformed: false,
    topicId,
    epoch: "e",
    offsets: [1],
    consumers: [],
  });
  const moved: DeadLetter = { ...abandoned("room 1"), code: "MAX_RECEIVES" };
  const malformed: DeadLetter = { ...described, code: "INVALID_MESSAGE", malformed: true, body: "" };
  const letters = [abandoned("room 1"), abandoned("room 2"), moved, malformed];

  it.each<[Choice, number[]]>([
    [{}, [0, 1, 2, 3]],
    [{ topic: "room 1" }, [0, 2]],
    [{ code: "DELIVERY_ABANDONED" }, [0, 1]],
    [{ code: "INVALID_MESSAGE" }, [3]],
    [{ code: "DELIVERY_ABANDONED", topic: "room 2" }, [1]],
    [{ topic: "room" }, []],
  ])("chooses for %j the letters %j", (choice, expected) => {
    expect(letters.flatMap((letter, n) => (matches(letter, choice) ? [n] : []))).toEqual(expected);
  });
});
