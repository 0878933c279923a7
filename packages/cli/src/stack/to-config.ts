import type { PubsubConfig } from "lambda-websocket-pubsub";
import type { Stack } from "./stack.ts";

/** Returns the library's configuration of a stack. */
export const toConfig = ({
  table,
  queue,
  managementEndpoint,
}: Stack & { readonly table: string }): PubsubConfig => ({
  dynamodbTableName: table,
  ...(queue !== undefined && { fanoutQueueUrl: queue }),
  ...(managementEndpoint !== undefined && { managementEndpoint }),
});
