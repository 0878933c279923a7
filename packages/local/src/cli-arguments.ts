import { parseArgs } from "node:util";
import { DEFAULT_HOST, DEFAULT_PORTS, type LocalCommandOption, localOptions } from "./cli-options.ts";
import type { FunctionOptions } from "./function-options.ts";
import type { FunctionUrlAuthType } from "./function-url/index.ts";
import type { OptionRule } from "./options/option-rules.ts";
import { allowedHostsRule, allowedOriginsRule } from "./web-guard.ts";
import { isEntry } from "./workers/function-entry.ts";

export interface CliArguments {
  host: string;
  allowedHosts: string[];
  allowedOrigins: string[];
  ports: { gateway: number; dynamodb: number; sqs: number; http?: number; inspector?: number };
  inspector: boolean;
  tableName?: string;
  dynamodbEndpoint?: string;
  functions: FunctionOptions;
  http?: { authType: FunctionUrlAuthType };
  /** Values may name variables of the stack, as in `{PUBSUB_QUEUE_URL}`. */
  functionEnv: Record<string, string>;
  envFile: string | undefined;
  json: boolean;
}

export const portFlags: Record<string, string> = {
  gateway: "--gateway-port",
  dynamodb: "--dynamodb-port",
  sqs: "--sqs-port",
  http: "--http-port",
  inspector: "--inspector-port",
};

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws UsageError */
export function parseArguments(args: string[]): CliArguments | "help" {
  const values = parse(args);
  if (values.help) return "help";
  for (const flag of ["http-port", "http-auth"] as const) {
    if (values[flag] !== undefined && values.http === undefined)
      throw new UsageError(`--${flag} needs --http`);
  }
  if (values["no-inspector"] === true && values["inspector-port"] !== undefined)
    throw new UsageError("--inspector-port and --no-inspector exclude each other");
  const {
    websocket,
    fanout,
    publish,
    http,
    "inspector-port": inspectorPort,
    "table-name": tableName,
    "dynamodb-endpoint": dynamodbEndpoint,
  } = values;
  return {
    host: values.host ?? DEFAULT_HOST,
    allowedHosts: listValue("--allow-host", values["allow-host"] ?? [], allowedHostsRule),
    allowedOrigins: listValue("--allow-origin", values["allow-origin"] ?? [], allowedOriginsRule),
    ports: {
      gateway: portValue("--gateway-port", values["gateway-port"], DEFAULT_PORTS.gateway),
      dynamodb: portValue("--dynamodb-port", values["dynamodb-port"], DEFAULT_PORTS.dynamodb),
      sqs: portValue("--sqs-port", values["sqs-port"], DEFAULT_PORTS.sqs),
      ...(http !== undefined && { http: portValue("--http-port", values["http-port"], DEFAULT_PORTS.http) }),
      ...(inspectorPort !== undefined && { inspector: portValue("--inspector-port", inspectorPort, 0) }),
    },
    inspector: !values["no-inspector"] === true,
    ...(tableName !== undefined && { tableName }),
    ...(dynamodbEndpoint !== undefined && { dynamodbEndpoint }),
    functions: {
      ...(websocket !== undefined && { websocket: fileValue("--websocket", websocket) }),
      ...(fanout !== undefined && { fanout: fileValue("--fanout", fanout) }),
      ...(publish !== undefined && { publish: fileValue("--publish", publish) }),
      ...(http !== undefined && { http: fileValue("--http", http) }),
    },
    ...(http !== undefined && { http: { authType: authTypeValue(values["http-auth"]) } }),
    functionEnv: Object.fromEntries((values["function-env"] ?? []).map(variable)),
    envFile: values["write-env"],
    json: values.json === true,
  };
}

/** The options in the form that `parseArgs` reads. */
type ParsedOptions = {
  [Name in keyof typeof localOptions]: (typeof localOptions)[Name] extends { repeat: true }
    ? { type: "string"; multiple: true }
    : (typeof localOptions)[Name] extends { value: string }
      ? { type: "string" }
      : { type: "boolean" };
};

const parsedOptions = Object.fromEntries(
  Object.entries<LocalCommandOption>(localOptions).map(([name, { value, repeat = false }]) => [
    name,
    { type: value === undefined ? "boolean" : "string", multiple: repeat },
  ]),
) as unknown as ParsedOptions;

function parse(args: string[]) {
  const options = { ...parsedOptions, help: { type: "boolean", short: "h" } } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split(". ");
    throw new UsageError(`${reason}. See --help.`, { cause });
  }
}

function portValue(flag: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535) {
    throw new UsageError(`${flag} must be a port between 1 and 65535; got ${JSON.stringify(value)}`);
  }
  return port;
}

function authTypeValue(value = "AWS_IAM"): FunctionUrlAuthType {
  if (value === "AWS_IAM" || value === "NONE") return value;
  throw new UsageError(`--http-auth must be AWS_IAM or NONE; got ${JSON.stringify(value)}`);
}

function fileValue(flag: string, value: string): string {
  if (isEntry(value)) return value;
  throw new UsageError(
    `${flag} must be the path of a file, or FILE#NAME; got ${JSON.stringify(value)}, which does not exist ` +
      `(relative to ${process.cwd()})`,
  );
}

/** The rule is the option's, whose words are about the whole list. */
function listValue(flag: string, values: string[], { expected, accepts }: OptionRule): string[] {
  const wrong = values.find((value) => !accepts([value]));
  if (wrong === undefined) return values;
  throw new UsageError(`${flag} must be one of ${expected}; got ${JSON.stringify(wrong)}`);
}

function variable(value: string): [string, string] {
  const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(value);
  if (!match) throw new UsageError(`--function-env must be NAME=VALUE; got ${JSON.stringify(value)}`);
  const [, name = "", content = ""] = match;
  return [name, content];
}

/** Replaces each `{NAME}` in the values with the stack's variable of that name. */
export function expandVariables(
  variables: Readonly<Record<string, string>>,
  stackEnv: Readonly<Record<string, string>>,
): Record<string, string> {
  const expand = (value: string): string => value.replace(/\{(\w+)\}/g, (all, name) => stackEnv[name] ?? all);
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, expand(value)]));
}
