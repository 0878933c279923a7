import type { EventSourceMapping } from "./event-source-mapping/index.ts";
import type { DynamodbFaults, SqsFaults } from "./faults/call-fault-types.ts";
import type { MessageFault } from "./faults/message-faults.ts";
import type { Gateway, GatewayFaults } from "./gateway/index.ts";
import { createWorkerFaults, type Functions, type WorkerFaults } from "./start-functions.ts";
import type { LocalServers } from "./start-servers.ts";

/**
 * Injects faults. Each method that takes a fault adds a rule and returns a function that removes it. Each server tries
 * its rules in the order in which they were added.
 */
export interface LocalFaults extends GatewayFaults {
  /** Faults of all calls to DynamoDB. */
  dynamodb: DynamodbFaults;
  /** Faults of all calls to SQS, including those of the event source mapping. */
  sqs: SqsFaults;
  /** Faults of the messages that the event source mapping passes to the fan-out function. */
  messages(fault: MessageFault): () => void;
  workers: WorkerFaults;
  /** Closes a connection from the server's side with `code`, default 1001. 1006 breaks it without a close frame. */
  cut(connectionId: string, code?: number): void;
}

export interface FaultyParts {
  gateway: Gateway;
  servers: LocalServers;
  mapping: EventSourceMapping;
  functions: Functions;
}

export function createLocalFaults({ gateway, servers, mapping, functions }: FaultyParts): LocalFaults {
  const { dynamodb, sqs } = servers;
  return {
    ...gateway.faults,
    dynamodb: dynamodb.faults.add,
    sqs: sqs.faults.add,
    messages: mapping.faults.add,
    workers: createWorkerFaults(functions),
    cut: gateway.disconnect,
    clear() {
      gateway.faults.clear();
      for (const { faults } of [dynamodb, sqs, mapping]) faults.clear();
    },
  };
}
