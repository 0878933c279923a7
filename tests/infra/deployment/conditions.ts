import { at, type Fields, isFields, listAt, textsAt, type Value } from "./value.ts";

/** A condition of a policy's statement, as SST and Terraform write it. */
export interface Condition {
  test: string;
  variable: string;
  values: string[];
}

/** Reads a statement's `Condition` in the JSON form of IAM. */
export const conditionsIn = (condition: Value): Condition[] =>
  Object.entries(isFields(condition) ? condition : {}).flatMap(([test, keys]) =>
    Object.keys(keys as Fields).map((variable) => ({ test, variable, values: textsAt(keys, variable) })),
  );

/** Reads the blocks `condition` of Terraform. */
export const conditionsFrom = (blocks: readonly Value[]): Condition[] =>
  blocks.map((block) => ({
    test: String(at(block, "test")),
    variable: String(at(block, "variable")),
    values: textsAt(block, "values"),
  }));

const KEYS = "dynamodb:LeadingKeys";
const ATTRIBUTES = "dynamodb:Attributes";

/**
 * Returns what the conditions of a statement limit it to, as text. Names of operators are compared without case,
 * because reading a template changes it.
 */
export function limitOf(conditions: readonly Condition[]): string {
  if (conditions.length === 0) return "";
  const find = (test: string, variable: string): Condition | undefined =>
    conditions.find((each) => each.test.toLowerCase() === test.toLowerCase() && each.variable === variable);
  const keys = find("ForAllValues:StringLike", KEYS);
  const attributes = find("ForAllValues:StringEquals", ATTRIBUTES);
  const isNamed = find("Null", KEYS)?.values.join() === "false";
  if (keys && isNamed && conditions.length === (attributes ? 3 : 2)) {
    const only = attributes ? `, attributes ${attributes.values.join(" ")}` : "";
    return `, rows ${keys.values.join(" ")}${only}`;
  }
  return `, if ${JSON.stringify(conditions)}`;
}

/** Returns the name of the queue for which a policy refuses every request without TLS. */
export function tlsOnlyQueue(policy: Value, named: (reference: string) => string): string {
  const [statement, ...more] = listAt(policy, "statement");
  const principal = at(statement, "principal");
  const everybody = typeof principal === "string" ? principal : at(principal, "AWS");
  const refuses =
    more.length === 0 &&
    at(statement, "effect") === "Deny" &&
    everybody === "*" &&
    at(statement, "action") === "sqs:*" &&
    textsAt(statement, "condition", "bool", "aws:SecureTransport").join() === "false";
  return refuses ? named(String(at(statement, "resource"))) : `not only over TLS: ${JSON.stringify(policy)}`;
}
