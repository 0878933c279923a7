import { parseArgs } from "node:util";
import { runsFromSource } from "./module-paths.ts";
import type { OptionRule } from "./options/option-rules.ts";
import { allowedHostsRule, allowedOriginsRule } from "./web-guard.ts";
import { isEntry } from "./workers/function-entry.ts";

export interface CliArguments {
  host: string;
  allowedHosts: string[];
  allowedOrigins: string[];
  ports: { gateway: number; dynamodb: number; sqs: number };
  tableName?: string;
  dynamodbEndpoint?: string;
  functions: { websocket?: string; fanout?: string };
  /** Values may name variables of the stack, as in `{PUBSUB_QUEUE_URL}`. */
  functionEnv: Record<string, string>;
  envFile: string | undefined;
  json: boolean;
}

export const portFlags: Record<string, string> = {
  gateway: "--gateway-port",
  dynamodb: "--dynamodb-port",
  sqs: "--sqs-port",
};

const DEFAULT_PORTS = { gateway: 3001, dynamodb: 8011, sqs: 9311 };
const DEFAULT_HOST = "127.0.0.1";

export const usage: string = `Usage: ${runsFromSource ? "npm start --" : "npx lambda-websocket-pubsub-local"} [options]

Starts the WebSocket gateway, DynamoDB Local, SQS and the functions on this machine.

  --websocket FILE           your own function for $connect, $default and $disconnect
  --fanout FILE              your own function for the fan-out queue
                             FILE is a .ts or .js module that exports "handler"; FILE#NAME names another export
  --function-env NAME=VALUE  one more variable for both functions; {PUBSUB_TABLE_NAME} and {PUBSUB_QUEUE_URL}
                             in VALUE stand for the stack's own; may be repeated
  --table-name NAME          (default pubsub-local)
  --host ADDRESS             what all servers listen on (default ${DEFAULT_HOST})
  --allow-host NAME          a name by which others reach this machine, such as host.docker.internal; may be repeated
  --allow-origin ORIGIN      an origin besides this machine's whose pages may connect; may be repeated
  --gateway-port N           WebSocket and @connections (default ${DEFAULT_PORTS.gateway})
  --dynamodb-port N          DynamoDB Local (default ${DEFAULT_PORTS.dynamodb})
  --dynamodb-endpoint URL    a DynamoDB Local that runs already, instead of one of its own
  --sqs-port N               SQS (default ${DEFAULT_PORTS.sqs})
  --write-env FILE           where to write the environment of a producer (default .local/env)
  --json                     one line of JSON on standard output once it is up
  -h, --help                 this text`;

export class UsageError extends Error {
  override readonly name = "UsageError";
}

const text = { type: "string" } as const;

const options = {
  websocket: text,
  fanout: text,
  "function-env": { type: "string", multiple: true, default: [] as string[] },
  "table-name": text,
  host: { type: "string", default: DEFAULT_HOST },
  "allow-host": { type: "string", multiple: true, default: [] as string[] },
  "allow-origin": { type: "string", multiple: true, default: [] as string[] },
  "gateway-port": text,
  "dynamodb-port": text,
  "dynamodb-endpoint": text,
  "sqs-port": text,
  "write-env": text,
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** @throws UsageError */
export function parseArguments(args: string[]): CliArguments | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const { websocket, fanout, "table-name": tableName, "dynamodb-endpoint": dynamodbEndpoint } = values;
  return {
    host: values.host,
    allowedHosts: listValue("--allow-host", values["allow-host"], allowedHostsRule),
    allowedOrigins: listValue("--allow-origin", values["allow-origin"], allowedOriginsRule),
    ports: {
      gateway: portValue("--gateway-port", values["gateway-port"], DEFAULT_PORTS.gateway),
      dynamodb: portValue("--dynamodb-port", values["dynamodb-port"], DEFAULT_PORTS.dynamodb),
      sqs: portValue("--sqs-port", values["sqs-port"], DEFAULT_PORTS.sqs),
    },
    ...(tableName !== undefined && { tableName }),
    ...(dynamodbEndpoint !== undefined && { dynamodbEndpoint }),
    functions: {
      ...(websocket !== undefined && { websocket: fileValue("--websocket", websocket) }),
      ...(fanout !== undefined && { fanout: fileValue("--fanout", fanout) }),
    },
    functionEnv: Object.fromEntries(values["function-env"].map(variable)),
    envFile: values["write-env"],
    json: values.json,
  };
}

function parse(args: string[]) {
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
