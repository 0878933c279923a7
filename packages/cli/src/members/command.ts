import { type Command, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, tableOptions } from "../stack/stack-options.ts";

export const membersCommand: Command = defineCommand({
  name: "members",
  summary: "list the users who are members of a topic",
  description:
    "Members are users with a subscription that has presence, each once. Whoever left in the last ten seconds is still " +
    "listed. It reads the index, which may be a second behind.",
  arguments: { topic: { help: "the topic" } },
  options: {
    "active-within": {
      value: "SECONDS",
      help: "only users who were heard of in this time, 1 to 7200; needs the handler's option markActivity",
      number: { min: 1, max: 7_200 },
    },
    ...placeOptions,
    ...tableOptions,
    json: { help: "print one JSON object" },
  },
  examples: [
    ["members room-1", "who is there, and since when"],
    ["members room-1 --active-within 300 --json", "the users heard of in five minutes, for a script"],
  ],
  load: async () => (await import("./run.ts")).runMembers,
});
