import type { EventSourceMapping } from "./event-source-mapping/index.ts";
import type { DynamodbFaults, SqsFaults } from "./faults/call-fault-types.ts";
import type { MessageFault } from "./faults/message-faults.ts";
import type { Gateway, GatewayFaults } from "./gateway/index.ts";
import { createWorkerFaults, type Functions, type WorkerFaults } from "./start-functions.ts";
import type { LocalServers } from "./start-servers.ts";

/** Faults to order. Rules are added and disposed of one by one; each server asks its own in the order they came. */
export interface LocalFaults extends GatewayFaults {
  /** Of everybody's calls to DynamoDB. */
  dynamodb: DynamodbFaults;
  /** Of everybody's calls to SQS, those of the event source mapping included. */
  sqs: SqsFaults;
  /** Of what the event source mapping hands to the fan-out function. */
  messages(fault: MessageFault): () => void;
  workers: WorkerFaults;
  /** Cuts a connection from the server's side; 1006 breaks it off without a close frame. Default 1001. */
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
