import { type Command, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, tableOptions } from "../stack/stack-options.ts";

export const publishCommand: Command = defineCommand({
  name: "publish",
  summary: "publish data to a topic, or to a user",
  description:
    "DATA is published as JSON if it is JSON, and otherwise as text. It prints the event's offset once the event is durable " +
    "and its fan-out is queued.",
  arguments: {
    topic: { help: "the topic; left out with --to-user", optional: true },
    data: { help: "JSON or text; - reads standard input to its end", optional: true },
  },
  options: {
    text: { help: "publish DATA as text, also if it is JSON" },
    "to-user": { value: "ID", help: "publish DATA to all connections of this user, instead of to a topic" },
    "publication-id": {
      value: "ID",
      help: "publish each id only once: repeating the command is then harmless",
    },
    ...placeOptions,
    ...tableOptions,
    json: { help: "print one JSON object" },
  },
  examples: [
    [`publish room-1 '{"text":"hello"}'`, "JSON"],
    ["publish room-1 hello", "text"],
    ["publish room-1 - < message.json", "from a file"],
    ["publish orders '{\"id\":7}' --publication-id order-7", "safe to repeat"],
    [`publish --to-user user-7 '{"shipped":5}'`, "to a user, on all devices"],
  ],
  load: async () => (await import("./run.ts")).runPublish,
});
