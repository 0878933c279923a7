import { type Fields, fieldsAt, isFields, type Value } from "./value.ts";

export interface Resource {
  id: string;
  type: string;
  properties: Fields;
}

/**
 * Returns a template's resources, without those whose condition is not among `on`. It resolves intrinsic functions and transforms SAM's
 * functions as SAM does.
 */
export function resourcesOf(template: Value, on: readonly string[] = []): Resource[] {
  const globals =
    isFields(template) && isFields(template.Globals) ? fieldsAt(template, "Globals", "Function") : {};
  return Object.entries(fieldsAt(template, "Resources")).flatMap(([id, resource]) => {
    const { Type, Properties = {}, Condition } = isFields(resource) ? resource : {};
    if (Condition !== undefined && !on.includes(String(Condition))) return [];
    const properties = resolved(Properties);
    if (!isFields(properties)) throw new Error(`${id} has properties that are not an object`);
    if (Type !== "AWS::Serverless::Function") return [{ id, type: String(Type), properties }];
    return expanded(id, merged(resolved(globals) as Fields, properties));
  });
}

/** Adds the globals as SAM does: maps are merged. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html */
function merged(globals: Fields, own: Fields): Fields {
  const both = Object.entries(own).map(([name, value]) => {
    const common = globals[name];
    return [name, isFields(common) && isFields(value) ? merged(common, value) : value] as const;
  });
  return { ...globals, ...Object.fromEntries(both) };
}

/** Does the part of SAM's transformation that the examples use: a function, and a mapping for each of its queues. */
function expanded(id: string, { Events, Tracing, ...properties }: Fields): Resource[] {
  const mappings = Object.entries(isFields(Events) ? Events : {}).map(([name, event]): Resource => {
    const { Queue, ...settings } = fieldsAt(event, "Properties");
    return {
      id: `${id}${name}`,
      type: "AWS::Lambda::EventSourceMapping",
      properties: { ...settings, EventSourceArn: Queue, FunctionName: `<${id}>` },
    };
  });
  const fn = { ...properties, TracingConfig: { Mode: Tracing } };
  return [{ id, type: "AWS::Lambda::Function", properties: fn }, ...mappings];
}

/** Replaces a Ref with `<Table>` and an attribute with `<Table.Arn>`, also inside texts. */
export function resolved(value: Value): Value {
  if (Array.isArray(value)) return value.map(resolved);
  if (!isFields(value)) return value;
  const { Ref, "Fn::GetAtt": attribute, "Fn::Sub": text, "Fn::Join": join } = value;
  if (typeof Ref === "string") return `<${Ref}>`;
  if (attribute !== undefined) return `<${Array.isArray(attribute) ? attribute.join(".") : attribute}>`;
  if (typeof text === "string") return text.replace(/\$\{([^}]+)\}/g, "<$1>");
  if (Array.isArray(join)) {
    const [separator, parts] = join;
    return (Array.isArray(parts) ? parts : []).map(resolved).join(String(separator));
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
}
