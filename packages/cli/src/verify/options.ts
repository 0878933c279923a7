import { type OptionValues, optionLines, parseOptions } from "../arguments.ts";
import { UsageError } from "../usage-error.ts";
import type { CheckSizes } from "./check-sizes.ts";

const specs = {
  local: { help: "check the local stack, also with --url, --table or --queue of your own" },
  env: { value: "FILE", help: "the environment that the local stack wrote (default .local/env)" },
  url: { value: "URL", help: "the WebSocket URL of the stage: wss://…" },
  table: { value: "NAME", help: "the name of the table" },
  queue: { value: "URL", help: "the URL of the fan-out queue" },
  "management-endpoint": {
    value: "URL",
    help: "where posts go, stage included; needed with a custom domain\n(default https://{domainName}/{stage} of a connection)",
  },
  "dead-letter-queue": { value: "URL", help: "the dead-letter queue that the fan-out queue must have" },
  "fanout-function": {
    value: "NAME",
    help: "the fan-out function (default: the one that the queue is mapped to)",
  },
  "connect-topic": {
    value: "TOPIC",
    help: "a topic that the stage's own $connect handler subscribes every\nconnection to, for the check gone-during-connect",
  },
  region: { value: "REGION", help: "as the AWS SDK's own setting" },
  profile: { value: "PROFILE", help: "as the AWS SDK's own setting" },
  only: { value: "ID,ID", help: "only these checks" },
  "index-rows": { value: "N", help: "how many rows index-lag writes, 1 to 100000 (default 50)" },
  chain: { value: "N", help: "how many clients fanout-chain connects, 1 to 1000 (default 40)" },
  list: { help: "print the checks, and run none" },
  out: { value: "FILE", help: "write the result as JSON to this file too" },
  yes: { help: "do not ask before spending more than 5 cents" },
  json: { help: "print one JSON object" },
} as const;

export type VerifyOptions = OptionValues<typeof specs> & { checkIds?: string[]; sizes: CheckSizes };

export const USAGE: string = [
  "Usage: pubsub verify [--local]",
  "       pubsub verify --url URL --table NAME --queue URL [options]",
  "",
  "Checks a stage against what the library relies on. Without --url it checks the local stack that runs in this folder.",
  "It writes only under topics of its own, and removes what it wrote.",
  "",
  ...optionLines(specs),
  "",
  "Exits with 0 if nothing failed, with 1 if something failed, and with 2 if the arguments are invalid.",
].join("\n");

const INDEX_ROWS = { fallback: 50, max: 100_000 };
const CHAIN = { fallback: 40, max: 1_000 };

/** Throws `UsageError`. */
export function parseVerifyOptions(args: readonly string[]): VerifyOptions | "help" {
  const values = parseOptions("pubsub verify", args, specs);
  if (values === "help") return "help";
  for (const [name, protocols] of [
    ["url", ["ws:", "wss:"]],
    ["queue", ["http:", "https:"]],
    ["dead-letter-queue", ["http:", "https:"]],
    ["management-endpoint", ["http:", "https:"]],
  ] as const) {
    const value = values[name];
    if (value !== undefined) assertUrl(`--${name}`, value, protocols);
  }
  return {
    ...values,
    sizes: {
      indexRows: wholeNumber("--index-rows", values["index-rows"], INDEX_ROWS),
      chain: wholeNumber("--chain", values.chain, CHAIN),
    },
    ...(values.only !== undefined && { checkIds: values.only.split(",").map((id) => id.trim()) }),
  };
}

function assertUrl(flag: string, value: string, protocols: readonly string[]): void {
  if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return;
  const schemes = protocols.map((protocol) => `${protocol}//`).join(" or ");
  throw new UsageError(`${flag} must be a URL that begins with ${schemes}; got ${JSON.stringify(value)}`);
}

function wholeNumber(
  flag: string,
  value: string | undefined,
  { fallback, max }: { fallback: number; max: number },
): number {
  if (value === undefined) return fallback;
  const number = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= max) return number;
  throw new UsageError(`${flag} must be a whole number from 1 to ${max}; got ${JSON.stringify(value)}`);
}
