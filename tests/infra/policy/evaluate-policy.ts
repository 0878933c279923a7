/**
 * Decides a request by the statements of policies, as IAM does for the part of the language that this repository's
 * policies use. Anything else throws: a statement that is not understood must not pass for one that allows nothing.
 *
 * - An explicit Deny wins, then an Allow decides, and without either a request is denied:
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * - All operators and all keys of a condition must hold, and one of a key's values:
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 * - `ForAllValues` holds if each value of the request fits, so also if the request has no value. `Null` with "false"
 *   holds if the request has the key:
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
import type { Conditions, Statement } from "../synth/template.ts";

export interface PolicyRequest {
  action: string;
  resource: string;
  /** The values of each context key. A key that the request does not have is absent or empty. */
  context: Readonly<Record<string, readonly string[]>>;
}

export function isAllowed(statements: readonly Statement[], request: PolicyRequest): boolean {
  const effects = statements.filter((statement) => applies(statement, request)).map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

const KNOWN = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);

function applies(statement: Statement, request: PolicyRequest): boolean {
  const unknown = Object.keys(statement).filter((member) => !KNOWN.has(member));
  if (unknown.length > 0) throw new Error(`a statement with ${unknown.join(", ")} is not understood`);
  const { Action, Resource, Condition = {} } = statement;
  return (
    // Actions are compared without case, ARNs with case
    listOf(Action).some((pattern) => isLike(request.action.toLowerCase(), pattern.toLowerCase())) &&
    listOf(Resource).some((pattern) => isLike(request.resource, pattern)) &&
    holds(Condition, request.context)
  );
}

const holds = (conditions: Conditions, context: PolicyRequest["context"]): boolean =>
  Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => operatorOf(operator)(context[key] ?? [], listOf(wanted))),
  );

type Operator = (values: readonly string[], wanted: readonly string[]) => boolean;

const like: Operator = (values, wanted) =>
  values.length === 1 && wanted.some((pattern) => isLike(String(values[0]), pattern));

const OPERATORS: Readonly<Record<string, Operator>> = {
  "ForAllValues:StringLike": (values, wanted) => values.every((value) => like([value], wanted)),
  "ForAllValues:StringEquals": (values, wanted) => values.every((value) => wanted.includes(value)),
  // A negated operator holds if the value fits none of those that are listed
  "ForAllValues:StringNotLike": (values, wanted) => values.every((value) => !like([value], wanted)),
  Null: (values, wanted) => wanted.join() === String(values.length === 0),
  Bool: (values, wanted) => like(values, wanted),
};

function operatorOf(name: string): Operator {
  const operator = OPERATORS[name];
  if (!operator) throw new Error(`the operator ${name} is not understood`);
  return operator;
}

/** IAM accepts one value instead of a list. */
const listOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === "string" ? [value] : value;

/** `*` is any number of characters, also `/` and `:`, and `?` is one. */
function isLike(value: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`, "s").test(value);
}

/** A permission as SST takes it. */
export interface Permission {
  actions: string[];
  resources: string[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

/** Returns the statement that SST makes of a permission. */
export function toStatement({ actions, resources, conditions = [] }: Permission): Statement {
  const Condition: Conditions = {};
  for (const { test, variable, values } of conditions) {
    Condition[test] = { ...Condition[test], [variable]: values };
  }
  return { Effect: "Allow", Action: actions, Resource: resources, Condition };
}
