import { type Command, defineCommand } from "../command-line/define-command.ts";
import { placeOptions, tableOptions } from "../stack/stack-options.ts";

export const disconnectCommand: Command = defineCommand({
  name: "disconnect",
  summary: "put out a user or a connection, and keep them out",
  description:
    "It revokes their access to all topics, closes their connections and tells them the reason. With --topic it only ends " +
    "their access to that topic. First make sure that nobody lets them in again: your authorize hook and the endpoint that " +
    "mints tokens must deny them already. It asks before it does so.",
  arguments: {},
  options: {
    user: { value: "ID", help: "all connections of this user" },
    connection: { value: "DOMAIN/STAGE/ID", help: "one connection, as pubsub subscribers prints it" },
    topic: { value: "TOPIC", help: "only end their access to this topic, and leave the connection open" },
    reason: { value: "TEXT", help: "why, for the client to show: it must not contain a secret" },
    yes: { help: "do not ask; needed where there is no terminal to ask on" },
    "management-endpoint": {
      value: "URL",
      help: "where posts go, stage included; needed with a custom domain",
      schemes: ["http", "https"],
    },
    ...placeOptions,
    ...tableOptions,
    json: { help: "print one JSON object" },
  },
  examples: [
    ['disconnect --user user-7 --reason "Your account was closed."', "on all devices"],
    [
      "disconnect --connection abc.execute-api.eu-west-1.amazonaws.com/prod/L0SM9cOFvHcCIhw=",
      "one connection",
    ],
    ["disconnect --user user-7 --topic room-1 --yes", "only from one topic, without a question"],
  ],
  load: async () => (await import("./run.ts")).runDisconnect,
});
