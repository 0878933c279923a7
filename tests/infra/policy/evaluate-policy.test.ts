import { describe, expect, it } from "vitest";
import type { Conditions, Statement } from "../synth/template.ts";
import { isAllowed, type PolicyRequest } from "./evaluate-policy.ts";

const KEYS = "dynamodb:LeadingKeys";
const TABLE = "arn:aws:dynamodb:eu-north-1:123456789012:table/t";
const statement = (changes: Partial<Statement> = {}): Statement => ({
  Effect: "Allow",
  Action: ["dynamodb:PutItem"],
  Resource: [TABLE],
  ...changes,
});
const onKeys = (...keys: string[]): PolicyRequest => ({
  action: "dynamodb:PutItem",
  resource: TABLE,
  context: { [KEYS]: keys },
});
const forRows: Conditions = { "ForAllValues:StringLike": { [KEYS]: ["topic#*", "consumer#*"] } };

describe("isAllowed", () => {
  it.each<[string, Statement[], PolicyRequest, boolean]>([
    ["denies a request that no statement names", [], onKeys("a"), false],
    ["allows an action on a resource", [statement()], onKeys("a"), true],
    ["ignores the case of an action", [statement({ Action: ["DynamoDB:putitem"] })], onKeys("a"), true],
    ["denies another action", [statement({ Action: ["dynamodb:GetItem"] })], onKeys("a"), false],
    ["denies another resource", [statement({ Resource: [`${TABLE}/index/i`] })], onKeys("a"), false],
    ["matches a wildcard across separators", [statement({ Resource: ["arn:*/t"] })], onKeys("a"), true],
    ["takes a dot for a dot", [statement({ Resource: [TABLE.replace("t", ".")] })], onKeys("a"), false],
    ["lets a Deny win", [statement(), statement({ Effect: "Deny", Action: ["*"] })], onKeys("a"), false],
    ["allows a key that begins as listed", [statement({ Condition: forRows })], onKeys("topic#a"), true],
    ["matches a key with a line break", [statement({ Condition: forRows })], onKeys("topic#a\nb"), true],
    ["denies a key that contains a prefix", [statement({ Condition: forRows })], onKeys("a topic#a"), false],
    ["compares keys with case", [statement({ Condition: forRows })], onKeys("Topic#a"), false],
    [
      "denies a batch with one key that does not fit",
      [statement({ Condition: forRows })],
      onKeys("topic#a", "fanout#a"),
      false,
    ],
    ["allows ForAllValues without any value", [statement({ Condition: forRows })], onKeys(), true],
    [
      "denies a request without any value if Null must be false",
      [statement({ Condition: { ...forRows, Null: { [KEYS]: ["false"] } } })],
      onKeys(),
      false,
    ],
    [
      "denies a listed key under StringNotLike",
      [statement({ Condition: { "ForAllValues:StringNotLike": { [KEYS]: ["topic#*"] } } })],
      onKeys("topic#a"),
      false,
    ],
    [
      "allows another key under StringNotLike",
      [statement({ Condition: { "ForAllValues:StringNotLike": { [KEYS]: ["topic#*"] } } })],
      onKeys("room"),
      true,
    ],
    [
      "allows an attribute that StringEquals lists",
      [statement({ Condition: { "ForAllValues:StringEquals": { [KEYS]: ["a", "b*"] } } })],
      onKeys("a"),
      true,
    ],
    [
      "denies one attribute beside those that StringEquals lists, which has no wildcards",
      [statement({ Condition: { "ForAllValues:StringEquals": { [KEYS]: ["a", "b*"] } } })],
      onKeys("a", "bc"),
      false,
    ],
  ])("%s", (_, statements, request, expected) => {
    expect(isAllowed(statements, request)).toBe(expected);
  });

  it("throws for an operator or a member of a statement that it does not understand", () => {
    const strange = statement({ Condition: { StringEqualsIfExists: { [KEYS]: ["a"] } } });
    expect(() => isAllowed([strange], onKeys("a"))).toThrow("StringEqualsIfExists is not understood");
    const inverted = { ...statement(), NotAction: ["a"] } as Statement;
    expect(() => isAllowed([inverted], onKeys("a"))).toThrow("NotAction is not understood");
  });
});
