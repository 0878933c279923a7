import { type Command, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, tableOptions } from "../stack/stack-options.ts";

export const subscribersCommand: Command = defineCommand({
  name: "subscribers",
  summary: "list the connections that are subscribed to a topic",
  description:
    "It reads the index, which may be a second behind. Reading costs half a unit for each 4 KB of rows.",
  arguments: { topic: { help: "the topic" } },
  options: {
    count: { help: "print only how many there are" },
    max: { value: "N", help: "list at most N", number: { min: 1 } },
    ...placeOptions,
    ...tableOptions,
    json: { help: "print one JSON object" },
  },
  examples: [
    ["subscribers room-1", "one DOMAIN/STAGE/ID a line"],
    ["subscribers room-1 --count", "only how many"],
    ["subscribers room-1 --max 10 --json", "for a script"],
  ],
  load: async () => (await import("./run.ts")).runSubscribers,
});
