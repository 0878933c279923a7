import { parseArgs } from "node:util";

export interface Choice {
  topic?: string;
  code?: string;
  max?: number;
}

export type Command =
  | ({ command: "list" } & Choice)
  | { command: "show"; id: string; payload: boolean }
  | ({ command: "redrive"; dryRun: boolean } & Choice);

export type DlqOptions = Command & { table?: string; queue?: string; json: boolean };

export const USAGE = `npm run dlq -- list     [--topic T] [--code C] [--max N] [--json]
npm run dlq -- show ID  [--payload] [--json]
npm run dlq -- redrive  [--topic T] [--code C] [--max N] [--dry-run] [--json]

Lists the dead letters of a fan-out queue, shows one of them, and redrives them.

  --topic T      only letters of this topic
  --code C       only letters of this code: DELIVERY_ABANDONED, MAX_RECEIVES or INVALID_MESSAGE
  --max N        at most N letters
  --dry-run      print what a redrive would do, without doing it
  --payload      also print the data of the letter's events
  --json         print one JSON object
  --table NAME, --queue URL
                 the table and the fan-out queue; otherwise PUBSUB_TABLE_NAME and PUBSUB_QUEUE_URL of the
                 environment, otherwise the local stack that npm start runs in this folder

Region, credentials and endpoints are the AWS SDK's own settings. Exits with 1 if something failed, with 2 if the
arguments are invalid.`;

export class UsageError extends Error {}

const CODES = ["DELIVERY_ABANDONED", "MAX_RECEIVES", "INVALID_MESSAGE"];

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const EVERYWHERE = { table: text, queue: text, json: flag };
const CHOICE = { topic: text, code: text, max: text };
const FLAGS = {
  list: { ...EVERYWHERE, ...CHOICE },
  show: { ...EVERYWHERE, payload: flag },
  redrive: { ...EVERYWHERE, ...CHOICE, "dry-run": flag },
};

/** Throws `UsageError` for anything that is not a command with its own flags. */
export function parseOptions(args: readonly string[]): DlqOptions | "help" {
  if (args.includes("--help") || args.includes("-h")) return "help";
  const [command, ...rest] = args;
  if (command === "list") {
    const { values } = parsed(() => parseArgs({ args: rest, options: FLAGS.list }));
    return { command, ...everywhere(values), ...choice(values) };
  }
  if (command === "redrive") {
    const { values } = parsed(() => parseArgs({ args: rest, options: FLAGS.redrive }));
    return { command, ...everywhere(values), ...choice(values), dryRun: values["dry-run"] };
  }
  if (command !== "show") {
    throw new UsageError(
      `the command must be list, show or redrive; got ${command === undefined ? "nothing" : JSON.stringify(command)}`,
    );
  }
  const { values, positionals } = parsed(() =>
    parseArgs({ args: rest, options: FLAGS.show, allowPositionals: true }),
  );
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0) throw new UsageError("show takes one id from the output of list");
  return { command, ...everywhere(values), id, payload: values.payload };
}

function parsed<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

const everywhere = ({
  table,
  queue,
  json,
}: {
  table?: string | undefined;
  queue?: string | undefined;
  json: boolean;
}): Pick<DlqOptions, "table" | "queue" | "json"> => ({
  json,
  ...(table !== undefined && { table }),
  ...(queue !== undefined && { queue }),
});

function choice({
  topic,
  code,
  max,
}: {
  topic?: string | undefined;
  code?: string | undefined;
  max?: string | undefined;
}): Choice {
  if (max !== undefined && !/^[1-9]\d{0,8}$/.test(max)) {
    throw new UsageError(`--max must be a whole number from 1; got ${JSON.stringify(max)}`);
  }
  if (code !== undefined && !CODES.includes(code)) {
    throw new UsageError(`--code must be one of ${CODES.join(", ")}; got ${JSON.stringify(code)}`);
  }
  return {
    ...(topic !== undefined && { topic }),
    ...(code !== undefined && { code }),
    ...(max !== undefined && { max: Number(max) }),
  };
}
