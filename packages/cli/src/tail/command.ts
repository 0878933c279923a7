import { type Command, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, urlOptions } from "../stack/stack-options.ts";

export const tailCommand: Command = defineCommand({
  name: "tail",
  summary: "print the events of topics as they are published",
  description:
    "It connects as a client does, and reconnects by itself. It ends at Ctrl-C, after --count events, or if the server " +
    "refuses a topic.",
  arguments: { topics: { help: "one or more topics", variadic: true } },
  options: {
    last: {
      value: "N",
      help: "begin with the newest N events of each topic, 1 to 1000",
      number: { min: 1, max: 1_000 },
    },
    count: { value: "N", help: "end after N events", number: { min: 1 } },
    token: {
      value: "TOKEN",
      help: "the token of the topics; better in PUBSUB_TOKEN, which other users do not see",
    },
    ...placeOptions,
    ...urlOptions,
    json: { help: "print each event as one line of JSON" },
  },
  examples: [
    ["tail room-1", "new events"],
    ["tail room-1 room-2 --last 10", "and the newest ten of each"],
    ["tail room-1 --json | jq .data", "for another program"],
    ["tail room-1 --last 1 --count 1", "the newest event"],
  ],
  load: async () => (await import("./run.ts")).runTail,
});
