/** An option of the local stack's command, by its long name without dashes. Without `value` it is a flag. */
export interface LocalCommandOption {
  /** Names the value in a help text. */
  value?: string;
  help: string;
  /** The option may be given several times. */
  repeat?: true;
  /** The value is the name of a file, which shells complete. */
  file?: true;
}

export const DEFAULT_PORTS = { gateway: 3001, dynamodb: 8011, sqs: 9311, http: 3002 } as const;
export const DEFAULT_HOST = "127.0.0.1";

/** The options of `runLocalCommand`, in the order of the help text. This file imports nothing: `pubsub --help` loads it. */
export const localOptions = {
  websocket: {
    value: "FILE",
    file: true,
    help: 'your own function for $connect, $default and $disconnect: a .ts or .js module that exports "handler"; FILE#NAME names another export',
  },
  fanout: { value: "FILE", file: true, help: "your own function for the fan-out queue" },
  publish: {
    value: "FILE",
    file: true,
    help: "your own function for the route PUBLISH, which gets the messages with that action; without it, your own --websocket gets them",
  },
  http: {
    value: "FILE",
    file: true,
    help: "your function for a function URL, such as one of createPublishHandler",
  },
  "function-env": {
    value: "NAME=VALUE",
    repeat: true,
    help: "one more variable for all functions; {PUBSUB_TABLE_NAME} and {PUBSUB_QUEUE_URL} in VALUE stand for the stack's own; may be repeated",
  },
  "table-name": { value: "NAME", help: "the table's name (default pubsub-local)" },
  host: { value: "ADDRESS", help: "what all servers listen on (default 127.0.0.1)" },
  "allow-host": {
    value: "NAME",
    repeat: true,
    help: "a name by which others reach this machine, such as host.docker.internal; may be repeated",
  },
  "allow-origin": {
    value: "ORIGIN",
    repeat: true,
    help: "an origin besides this machine's whose pages may connect; may be repeated",
  },
  "gateway-port": { value: "N", help: "WebSocket and @connections (default 3001)" },
  "dynamodb-port": { value: "N", help: "DynamoDB Local (default 8011)" },
  "dynamodb-endpoint": {
    value: "URL",
    help: "a DynamoDB Local that runs already, instead of one of its own",
  },
  "sqs-port": { value: "N", help: "SQS (default 9311)" },
  "http-port": { value: "N", help: "the function URL of --http (default 3002)" },
  "inspector-port": {
    value: "N",
    help: "the page that shows what the stack does (default 3003, or a free one if that is taken)",
  },
  "no-inspector": { help: "no such page" },
  "http-auth": { value: "TYPE", help: "its auth type: AWS_IAM, or NONE (default AWS_IAM)" },
  "write-env": {
    value: "FILE",
    file: true,
    help: "where to write the environment of a producer (default .local/env)",
  },
  json: { help: "one line of JSON on standard output once it is up" },
} as const;
