import { parseArgs } from "node:util";

export interface DemoOptions {
  subscribers: number;
  messages: number;
  json: boolean;
}

export const USAGE = `npm run demo -- [--subscribers N] [--messages M] [--json]

Connects N real WebSocket clients to the local stack, or to a new one if no stack runs, publishes M messages to their
topic, and counts the deliveries. Exits with 1 if a message is lost or arrives twice, because nothing fails in this demo.

  --subscribers N  1 to 20000, default 1000
  --messages M     1 to 100000, default 20
  --json           print one JSON object instead of a table`;

export class UsageError extends Error {}

/** Throws `UsageError` for an unknown option and for a number outside its range. */
export function parseOptions(args: string[]): DemoOptions | "help" {
  const { subscribers, messages, json, help } = parse(args);
  if (help) return "help";
  return {
    subscribers: wholeNumber("--subscribers", subscribers, 20_000),
    messages: wholeNumber("--messages", messages, 100_000),
    json,
  };
}

function parse(args: string[]): { subscribers: string; messages: string; json: boolean; help: boolean } {
  try {
    return parseArgs({
      args,
      options: {
        subscribers: { type: "string", default: "1000" },
        messages: { type: "string", default: "20" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max) {
    throw new UsageError(`${name} must be a whole number from 1 to ${max}; got ${JSON.stringify(text)}`);
  }
  return value;
}
