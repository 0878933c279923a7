import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "@cdktf/hcl2json";
import { at, type Fields, fieldsAt, isFields, type Value } from "./value.ts";

export interface Configuration {
  /** Returns the arguments at an address: `aws_sqs_queue.fanout` or `data.aws_iam_policy_document.fanout`. */
  one(address: string): Fields;
}

/**
 * Reads the `.tf` files of a folder. It replaces locals, but keeps references such as `${aws_sqs_queue.fanout.arn}`.
 */
export async function readTerraform(folder: string): Promise<Configuration> {
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
    return value.replace(/\$\{local\.(\w+)\}/g, (_, name: string) => String(locals[name]));
  }

  const blocks = new Map<string, Fields>();
  for (const [kind, prefix] of [
    ["resource", ""],
    ["data", "data."],
  ] as const) {
    for (const [type, named] of Object.entries(fieldsAt(configuration, kind))) {
      for (const [name, [block]] of Object.entries(named as Record<string, Value[]>)) {
        blocks.set(`${prefix}${type}.${name}`, (await evaluated(block)) as Fields);
      }
    }
  }
  return {
    one(address) {
      const block = blocks.get(address);
      if (block === undefined)
        throw new Error(`${address} does not exist; the folder has ${[...blocks.keys()].join(", ")}`);
      return block;
    },
  };
}
