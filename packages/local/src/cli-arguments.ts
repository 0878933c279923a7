import { parseArgs } from "node:util";

export interface CliArguments {
  ports: { gateway: number; dynamodb: number; sqs: number };
  json: boolean;
}

export const portFlags: Record<string, string> = {
  gateway: "--gateway-port",
  dynamodb: "--dynamodb-port",
  sqs: "--sqs-port",
};

const DEFAULT_PORTS = { gateway: 3001, dynamodb: 8011, sqs: 9311 };

export const usage: string = `Usage: npm start -- [options]

Starts the WebSocket gateway, DynamoDB Local, SQS and the functions on this machine.

  --gateway-port N    WebSocket and @connections   (default ${DEFAULT_PORTS.gateway})
  --dynamodb-port N   DynamoDB Local               (default ${DEFAULT_PORTS.dynamodb})
  --sqs-port N        SQS                          (default ${DEFAULT_PORTS.sqs})
  --json              one line of JSON on standard output once it is up
  --help              this text`;

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws UsageError */
export function parseArguments(args: string[]): CliArguments | "help" {
  const port = { type: "string" } as const;
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({
      args,
      options: {
        "gateway-port": port,
        "dynamodb-port": port,
        "sqs-port": port,
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split(". ");
    throw new UsageError(`${reason}. See --help.`, { cause });
  }
  if (values.help) return "help";
  const ports = {
    gateway: portValue("--gateway-port", values["gateway-port"], DEFAULT_PORTS.gateway),
    dynamodb: portValue("--dynamodb-port", values["dynamodb-port"], DEFAULT_PORTS.dynamodb),
    sqs: portValue("--sqs-port", values["sqs-port"], DEFAULT_PORTS.sqs),
  };
  return { ports, json: values.json === true };
}

function portValue(flag: string, value: string | boolean | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const port = /^\d{1,5}$/.test(String(value)) ? Number(value) : 0;
  if (port < 1 || port > 65_535) {
    throw new UsageError(`${flag} must be a port between 1 and 65535, got ${JSON.stringify(value)}`);
  }
  return port;
}
