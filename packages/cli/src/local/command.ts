import { localOptions } from "lambda-websocket-pubsub-local/command";
import { type Command, defineCommand } from "../command-line/define-command.ts";

export const localCommand: Command = defineCommand({
  name: "local",
  summary: "run the whole stack on this machine, until Ctrl-C",
  description:
    "It starts the WebSocket gateway, DynamoDB Local (which needs Java), SQS and the functions, prints where everything is, " +
    "and writes the environment of a producer, which the other commands find.",
  arguments: {},
  options: localOptions,
  examples: [
    ["local", "the handlers that come with it"],
    ["local --websocket src/handlers.ts#websocket", "your own handler for connections"],
    ["local --gateway-port 4001 --dynamodb-port 4002 --sqs-port 4003", "a second stack"],
  ],
  load: async () => (await import("./run.ts")).runLocal,
});
