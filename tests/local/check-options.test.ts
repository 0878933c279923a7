import { describe, expect, it } from "vitest";
import { PubsubLocalError } from "../../packages/local/src/errors.ts";
import { checkOptions } from "../../packages/local/src/options/check-options.ts";
import {
  anyObject,
  callable,
  type OptionRules,
  text,
  wholeNumber,
} from "../../packages/local/src/options/option-rules.ts";

const rules: OptionRules = {
  name: { ...text, required: true },
  count: wholeNumber(1, 9),
  extra: anyObject,
  onEvent: callable,
  login: { group: { user: text, password: { ...text, required: true, secret: true } } },
};

function messageFor(options: unknown): string {
  try {
    checkOptions("create", options, rules);
  } catch (error) {
    if (!(error instanceof PubsubLocalError)) throw error;
    expect(error.code).toBe("INVALID_OPTION");
    expect(error.message).toContain(String(error.context.option).split(".").at(-1));
    return error.message;
  }
  return "accepted";
}

describe("checkOptions", () => {
  it.each<object>([
    { name: "a" },
    { name: "a", count: undefined, extra: undefined, login: undefined },
    { name: "a", count: 9, extra: {}, onEvent: () => {}, login: { password: "p" } },
  ])("accepts %j", (options) => {
    expect(messageFor(options)).toBe("accepted");
  });

  const circular: Record<string, unknown> = {};
  circular.self = circular;

  it.each<[unknown, string]>([
    [undefined, "the options of create must be an object; got undefined"],
    [[], "the options of create must be an object; got an array of 0"],
    [{}, "name must be a non-empty string; got undefined"],
    [{ name: "" }, 'name must be a non-empty string; got "" (string of 0)'],
    [{ name: null }, "name must be a non-empty string; got null"],
    [{ name: 5n }, "name must be a non-empty string; got 5 (bigint)"],
    [{ name: { a: 5n } }, "name must be a non-empty string; got a value of type object"],
    [{ name: circular }, "name must be a non-empty string; got a value of type object"],
    [{ name: "a", count: 10 }, "count must be a whole number from 1 to 9; got 10 (number)"],
    [{ name: "a", count: Number.NaN }, "count must be a whole number from 1 to 9; got NaN (number)"],
    [{ name: "a", onEvent: "f" }, 'onEvent must be a function; got "f" (string of 1)'],
    [
      { name: "a", extra: "x".repeat(100) },
      `extra must be an object; got "${"x".repeat(64)}" (string of 100)`,
    ],
    [{ nmae: "a" }, "create has no option nmae; it has name, count, extra, onEvent, login"],
    [{ name: "a", toString: 1 }, "create has no option toString; it has name, count, extra, onEvent, login"],
    [{ name: "a", login: {} }, "login.password must be a non-empty string; got undefined"],
  ])("refuses case %#", (options, message) => {
    expect(messageFor(options)).toBe(message);
  });

  it.each<[string, unknown, string]>([
    [
      "in its place",
      { password: 123_456 },
      "login.password must be a non-empty string; got a value of type number",
    ],
    ["under another name", { pasword: "123456" }, "login has no option pasword; it has user, password"],
    ["instead of its group", ["123456"], "login must be an object; got a value of type object"],
  ])("never shows a secret %s", (_, login, message) => {
    expect(messageFor({ name: "a", login })).toBe(message);
  });
});
