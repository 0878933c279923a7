import type { OptionValues } from "../command-line/define-command.ts";
import type { StackOptions } from "../stack/stack-options.ts";

/** The options that only `verify` has. */
export const verifyOptions = {
  "management-endpoint": {
    value: "URL",
    help: "where posts go, stage included; needed with a custom domain (default https://{domainName}/{stage} of a connection)",
    schemes: ["http", "https"],
  },
  "dead-letter-queue": {
    value: "URL",
    help: "the dead-letter queue that the fan-out queue must have",
    schemes: ["http", "https"],
  },
  "fanout-function": {
    value: "NAME",
    help: "the fan-out function (default: the one that the queue is mapped to)",
  },
  "connect-topic": {
    value: "TOPIC",
    help: "a topic that the stage's own $connect handler subscribes every connection to, for the check gone-during-connect",
  },
  only: { value: "ID,ID", help: "only these checks", list: true },
  "index-rows": {
    value: "N",
    help: "how many rows index-lag writes, 1 to 100000 (default 50)",
    number: { min: 1, max: 100_000 },
  },
  chain: {
    value: "N",
    help: "how many clients fanout-chain connects, 1 to 1000 (default 40)",
    number: { min: 1, max: 1_000 },
  },
  list: { help: "print the checks, and run none" },
  out: { value: "FILE", file: true, help: "write the result as JSON to this file too" },
  yes: { help: "do not ask before spending more than 5 cents" },
  json: { help: "print one JSON object" },
} as const;

export type VerifyOptions = OptionValues<typeof verifyOptions> & StackOptions;
