import { type Command, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, tableOptions } from "../stack/stack-options.ts";

export const inspectCommand: Command = defineCommand({
  name: "inspect",
  summary: "serve a page that shows topics, the life of a publication, dead letters and health",
  description:
    "It listens on 127.0.0.1 only, until Ctrl-C. The page asks for a token, which is in the link that the command prints; a " +
    "token opens one tab. The local stack has a page of its own, which shows more: every topic as it happens, and what the " +
    "stack would cost. pubsub local prints its address.",
  arguments: {},
  options: {
    port: { value: "N", help: "the port of the page (default: a free one)", number: { min: 1, max: 65_535 } },
    service: {
      value: "NAME",
      help: "under which the functions write their metrics: POWERTOOLS_SERVICE_NAME. Without it the page shows no health",
    },
    ...placeOptions,
    ...tableOptions,
  },
  examples: [
    ["inspect", "the local stack, or the stage that was deployed from this folder"],
    [
      "inspect --table pubsub --queue https://sqs.… --service pubsub-dev",
      "a deployed stage, with its health",
    ],
  ],
  load: async () => (await import("./run.ts")).runInspect,
});
