import type { OptionValues } from "../command-line/define-command.ts";

/** Where a command looks for the stack. All commands that need a stack have these options. */
export const placeOptions = {
  local: { help: "the local stack that runs in this folder, whatever the environment says" },
  env: { value: "FILE", file: true, help: "the file that the local stack wrote (default .local/env)" },
  outputs: { value: "FILE", file: true, help: "the outputs of an SST stage (default .sst/outputs.json)" },
} as const;

/** For commands that connect to the WebSocket API, as a client does. */
export const urlOptions = {
  url: { value: "URL", help: "the WebSocket URL of a stage (or PUBSUB_URL)", schemes: ["ws", "wss"] },
} as const;

/** For commands that use the table and the queue, with AWS credentials. */
export const tableOptions = {
  table: { value: "NAME", help: "the table of a stage (or PUBSUB_TABLE_NAME)" },
  queue: {
    value: "URL",
    help: "the fan-out queue of a stage (or PUBSUB_QUEUE_URL)",
    schemes: ["http", "https"],
  },
  region: { value: "REGION", help: "as the AWS SDK's own setting" },
  profile: { value: "PROFILE", help: "as the AWS SDK's own setting" },
} as const;

export type StackOptions = OptionValues<typeof placeOptions> &
  OptionValues<typeof urlOptions> &
  OptionValues<typeof tableOptions>;
