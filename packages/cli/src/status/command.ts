import { type Command, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, tableOptions } from "../stack/stack-options.ts";

export const statusCommand: Command = defineCommand({
  name: "status",
  summary: "show what happened to a publication",
  description: "The log keeps what it needs for as long as the event.",
  arguments: {
    topic: { help: "the topic" },
    offset: { help: "the event's offset, as publish and tail print it" },
  },
  options: {
    epoch: { value: "EPOCH", help: "the event's epoch (default: the topic's current one)" },
    wait: { help: "wait until the fan-out is complete" },
    ...placeOptions,
    ...tableOptions,
    json: { help: "print one JSON object" },
  },
  examples: [
    ["status room-1 17", "delivered, gone, retried, abandoned"],
    ["status room-1 17 --wait --json", "when the fan-out is complete, for a script"],
  ],
  load: async () => (await import("./run.ts")).runStatus,
});
