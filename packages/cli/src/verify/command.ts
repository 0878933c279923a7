import { type Command, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, tableOptions, urlOptions } from "../stack/stack-options.ts";
import { verifyOptions } from "./options.ts";

export const verifyCommand: Command = defineCommand({
  name: "verify",
  summary: "check a deployed stage, or the local stack, against what the library relies on",
  description:
    "It writes only under topics of its own, and removes what it wrote. It exits with 1 if a check failed, and prints what it " +
    "costs before it begins.",
  arguments: {},
  options: { ...placeOptions, ...urlOptions, ...tableOptions, ...verifyOptions },
  examples: [
    ["verify", "the local stack, or the stage that was deployed from this folder"],
    ["verify --url wss://… --table NAME --queue https://sqs.…", "a deployed stage"],
    ["verify --only delivery,partial-batches", "two of the checks"],
    ["verify --list", "what it checks"],
  ],
  load: async () => (await import("./run.ts")).runVerify,
});
