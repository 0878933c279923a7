import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "@cdktf/hcl2json";
import { camelCaseNames } from "./facts.ts";
import { at, type Fields, fieldsAt, isFields, type Value } from "./value.ts";

export interface Configuration {
  /**
   * The arguments of a resource or a data source, under names in camel case. The address is Terraform's, such as
   * `data.aws_iam_policy_document.fanout`, or `aws_lambda_function.pubsub["fanout"]` for one of several by `for_each`.
   */
  one(address: string): Fields;
  has(address: string): boolean;
  /** All resources that a block with `for_each` describes, by their keys. */
  each(address: string): Record<string, Fields>;
  /** The arguments of all resources of a type. */
  all(type: string): Fields[];
}

/**
 * Reads the `.tf` files of a folder. References stay as they are written, `${aws_sqs_queue.fanout.arn}`; locals, and the
 * keys and values of `for_each`, are filled in. A block that exists once or not at all, by the `count` of a variable, is left
 * out unless `on` names the variable.
 */
export async function readTerraform(folder: string, on: readonly string[] = []): Promise<Configuration> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".tf"));
  const text = files.map((file) => readFileSync(path.join(folder, file), "utf8")).join("\n");
  const configuration = (await parse("all.tf", text)) as Fields;
  const locals = Object.assign({}, ...((at(configuration, "locals") ?? []) as Fields[])) as Fields;

  async function evaluated(value: Value): Promise<Value> {
    if (Array.isArray(value)) return Promise.all(value.map(evaluated));
    if (isFields(value)) {
      const entries = Object.entries(value).map(
        async ([key, inner]) => [key, await evaluated(inner)] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    }
    if (typeof value !== "string") return value;
    const [, local] = /^\$\{local\.(\w+)\}$/.exec(value) ?? [];
    if (local !== undefined) return evaluated(locals[local]);
    // The arguments of these functions are expressions themselves
    const [, given] = /^\$\{(?:jsonencode|toset)\(([\s\S]*)\)\}$/.exec(value) ?? [];
    if (given !== undefined) {
      const inner = (await parse("inner.tf", `value = ${given}`)) as Fields;
      return evaluated(inner.value);
    }
    return withoutIndex(value).replace(/\$\{local\.(\w+)\}/g, (_, name: string) => String(locals[name]));
  }

  const blocks = new Map<string, Fields>();
  const groups = new Map<string, Record<string, Fields>>();
  for (const [kind, prefix] of [
    ["resource", ""],
    ["data", "data."],
  ] as const) {
    for (const [type, named] of Object.entries(fieldsAt(configuration, kind))) {
      for (const [name, [block]] of Object.entries(named as Record<string, Value[]>)) {
        const address = `${prefix}${type}.${name}`;
        const { for_each, count, ...settings } = (await evaluated(block)) as Fields;
        if (count !== undefined && !on.some((name) => count === `\${var.${name} ? 1 : 0}`)) continue;
        if (for_each === undefined) blocks.set(address, camelCaseNames(settings) as Fields);
        else groups.set(address, instancesOf(settings, for_each));
      }
    }
  }
  for (const [address, instances] of groups) {
    for (const [key, block] of Object.entries(instances)) blocks.set(`${address}["${key}"]`, block);
  }
  return {
    one: (address) => required(blocks, address),
    has: (address) => blocks.has(address),
    each: (address) => required(groups, address),
    all: (type) =>
      [...blocks].filter(([address]) => address.startsWith(`${type}.`)).map(([, found]) => found),
  };
}

/** The only instance of a block with a `count` has the block's own address here. */
const withoutIndex = (text: string): string => text.replaceAll("[0]", "");

function required<Found>(known: ReadonlyMap<string, Found>, address: string): Found {
  const found = known.get(address);
  if (found === undefined) throw new Error(`no ${address}; there are ${[...known.keys()].join(", ")}`);
  return found;
}

/** Returns one block for each key: of a set of keys, or of an object. */
function instancesOf(settings: Fields, forEach: Value): Record<string, Fields> {
  const values = Array.isArray(forEach)
    ? Object.fromEntries(forEach.map((key) => [String(key), key]))
    : (forEach as Fields);
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      camelCaseNames(withEach(settings, key, value)) as Fields,
    ]),
  );
}

/** Fills in `each.key` and `each.value`. */
function withEach(settings: Value, key: string, value: Value): Value {
  if (Array.isArray(settings)) return settings.map((inner) => withEach(inner, key, value));
  if (isFields(settings)) {
    return Object.fromEntries(
      Object.entries(settings).map(([name, inner]) => [name, withEach(inner, key, value)]),
    );
  }
  if (typeof settings !== "string") return settings;
  const [whole, field] = /^\$\{each\.value(?:\.(\w+))?\}$/.exec(settings) ?? [];
  if (whole !== undefined) return field === undefined ? value : at(value, field);
  return settings.replace(/\$\{each\.key\}/g, key).replaceAll("[each.key]", `["${key}"]`);
}
