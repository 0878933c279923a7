import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

export const SUITES = ["client", "sockets", "hostile"] as const;
export type Suite = (typeof SUITES)[number];

export interface ChaosOptions {
  suite: Suite;
  seed: number;
  json: boolean;
  runs: number;
  clients: number;
  events: number;
  inputs: number;
}

export const USAGE = `npm run chaos -- --suite NAME [--seed N] [--json]

  --suite client    the client against a scripted network under a virtual clock
    --runs N        scenarios, default 10000
  --suite sockets   real clients on the local stack: 5 % of posts lost in silence, 2 % of frames cut the
                    connection, the 2-hour limit at 30 s, rotation on
    --clients N     default 200
    --events N      default 500
  --suite hostile   malformed input at everything that reads what strangers send; runs on DynamoDB Local at the end
    --inputs N      at each surface, default 100000
  --seed N          a run again with the same seed makes the same choices; default a random one, printed`;

export class UsageError extends Error {}

/** Throws `UsageError` for anything that is not an option, or not a value of it. */
export function parseOptions(args: string[]): ChaosOptions | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const suite = SUITES.find((name) => name === values.suite);
  if (!suite)
    throw new UsageError(`--suite must be one of ${SUITES.join(", ")}; got ${JSON.stringify(values.suite)}`);
  return {
    suite,
    seed: values.seed === undefined ? randomInt(2 ** 31) : whole("--seed", values.seed, 0),
    json: values.json,
    runs: whole("--runs", values.runs, 1),
    clients: whole("--clients", values.clients, 1),
    events: whole("--events", values.events, 1),
    inputs: whole("--inputs", values.inputs, 1),
  };
}

interface Values {
  suite?: string | undefined;
  seed?: string | undefined;
  runs: string;
  clients: string;
  events: string;
  inputs: string;
  json: boolean;
  help: boolean;
}

function parse(args: string[]): Values {
  try {
    const { values } = parseArgs({
      args,
      options: {
        suite: { type: "string" },
        seed: { type: "string" },
        runs: { type: "string", default: "10000" },
        clients: { type: "string", default: "200" },
        events: { type: "string", default: "500" },
        inputs: { type: "string", default: "100000" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return { suite: undefined, seed: undefined, ...values };
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
    throw new UsageError(`${name} must be a whole number from ${min}; got ${JSON.stringify(text)}`);
  }
  return value;
}
