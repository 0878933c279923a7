import { type CommandGroup, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, tableOptions } from "../stack/stack-options.ts";

const choiceOptions = {
  topic: { value: "TOPIC", help: "only letters of this topic" },
  code: {
    value: "CODE",
    help: "only letters of this code",
    choices: ["DELIVERY_ABANDONED", "MAX_RECEIVES", "TOO_MANY_HOPS", "INVALID_MESSAGE"],
  },
  max: { value: "N", help: "at most N letters", number: { min: 1 } },
} as const;

const commonOptions = { ...placeOptions, ...tableOptions, json: { help: "print one JSON object" } } as const;

const list = defineCommand({
  name: "list",
  summary: "list the dead letters of the fan-out queue, without payloads",
  description: "Other readers do not see a letter while this reads it.",
  arguments: {},
  options: { ...choiceOptions, ...commonOptions },
  examples: [
    ["dlq list", "one letter a line"],
    ["dlq list --topic room-1 --code DELIVERY_ABANDONED", "only some of them"],
  ],
  load: async () => (await import("./run.ts")).runList,
});

const show = defineCommand({
  name: "show",
  summary: "show a dead letter: its publications and consumers",
  arguments: { id: { help: "an id from the output of list" } },
  options: { payload: { help: "also print the data of the letter's events" }, ...commonOptions },
  examples: [
    ["dlq show cb18319e-e295-4031-a0e4-8e93b6c1b6d2", "all but the data"],
    ["dlq show cb18319e-e295-4031-a0e4-8e93b6c1b6d2 --payload", "the data too"],
  ],
  load: async () => (await import("./run.ts")).runShow,
});

const redrive = defineCommand({
  name: "redrive",
  summary: "send dead letters to their consumers again",
  description:
    "You may interrupt it and repeat it. Remove the cause first, and do it within two hours: no connection lives longer.",
  arguments: {},
  options: {
    ...choiceOptions,
    "dry-run": { help: "print what a redrive would do, without doing it" },
    ...commonOptions,
  },
  examples: [
    ["dlq redrive --dry-run", "what it would do"],
    ["dlq redrive --topic room-1 --code DELIVERY_ABANDONED --max 100", "only some of them"],
  ],
  load: async () => (await import("./run.ts")).runRedrive,
});

export const dlqCommands: CommandGroup = {
  name: "dlq",
  summary: "list, show and redrive dead letters",
  examples: [
    ["dlq list", "what could not be delivered, and why"],
    ["dlq redrive --dry-run", "what a redrive would do"],
    ["dlq redrive", "do it"],
  ],
  commands: [list, show, redrive],
};
