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
    expect(error.message).toContain(`"${error.context.option}"`);
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
    [undefined, "options must be an object; got undefined"],
    [[], "options must be an object; got [] (array)"],
    [{}, "name must be a non-empty string; got undefined"],
    [{ name: "" }, 'name must be a non-empty string; got "" (string)'],
    [{ name: null }, "name must be a non-empty string; got null"],
    [{ name: 5n }, "name must be a non-empty string; got 5 (bigint)"],
    [{ name: { a: 5n } }, "name must be a non-empty string; got [object Object] (object)"],
    [{ name: circular }, "name must be a non-empty string; got [object Object] (object)"],
    [{ name: "a", count: 10 }, "count must be an integer between 1 and 9; got 10 (number)"],
    [{ name: "a", count: Number.NaN }, "count must be an integer between 1 and 9; got NaN (number)"],
    [{ name: "a", onEvent: "f" }, 'onEvent must be a function; got "f" (string)'],
    [{ name: "a", extra: "x".repeat(100) }, `extra must be an object; got "${"x".repeat(79)}… (string)`],
    [{ nmae: "a" }, 'option "nmae" is unknown (known: name, count, extra, onEvent, login), got "a" (string)'],
    [
      { name: "a", toString: 1 },
      'option "toString" is unknown (known: name, count, extra, onEvent, login), got 1 (number)',
    ],
    [{ name: "a", login: {} }, "login.password must be a non-empty string; got undefined"],
  ])("refuses case %#", (options, message) => {
    expect(messageFor(options)).toBe(`create: ${message}`);
  });

  it.each<[string, unknown, string]>([
    [
      "in its place",
      { password: 123_456 },
      "login.password must be a non-empty string; got a value of type number",
    ],
    [
      "under another name",
      { pasword: "123456" },
      'option "login.pasword" is unknown (known: user, password), got a value of type string',
    ],
    ["instead of its group", ["123456"], "login must be an object; got a value of type array"],
  ])("never shows a secret %s", (_, login, message) => {
    expect(messageFor({ name: "a", login })).toBe(`create: ${message}`);
  });
});
