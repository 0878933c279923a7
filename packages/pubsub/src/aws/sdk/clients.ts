import type { Observe } from "../../core/pipeline-events.ts";
import { dynamodbService } from "../dynamodb/dynamodb-service.ts";
import type { DynamodbClient } from "../dynamodb/table.ts";
import type { SqsClient } from "../sqs/dead-letter-queue.ts";
import { sqsService } from "../sqs/sqs-service.ts";
import { createDirectCalls, type JsonService } from "../transport/direct-calls.ts";
import type { OnDirectPathDisabled } from "../transport/direct-path.ts";
import type { Endpoint } from "../transport/endpoints.ts";
import type { CallerIdentity } from "../transport/identity.ts";
import { dynamodbEndpoint, environmentCredentials, environmentRegion, sqsEndpoint } from "./environment.ts";
import { loadDynamodb, loadSqs } from "./load-clients.ts";
import { once } from "./once.ts";
import { readTransport } from "./transport-switch.ts";

/** The SDK's client, as far as this file uses it. */
interface SdkClient {
  send(command: object): Promise<object>;
  middlewareStack: { add(middleware: unknown, options: object): void };
}

/** A command with the name of its class, which `lazyCommand` creates. */
interface Command {
  commandName?: string;
  input: object;
}

let dynamodb: DynamodbClient | undefined;
let sqs: SqsClient | undefined;
/** The clients are one for each process, and so is the observer of their events: the one that was passed last. */
let observeClients: Observe | undefined;

const onDisabled: OnDirectPathDisabled = (disabled) =>
  observeClients?.({ event: "direct-path-disabled", ...disabled });

const sdkDynamodb = once(loadDynamodb);
const sdkSqs = once(loadSqs);

/**
 * Who makes this process's requests: the keys and the Region of the environment, as Lambda sets them. Everything else
 * (profiles, containers, web identity) comes from the SDK's providers, which are loaded for that.
 */
export const processIdentity: CallerIdentity = {
  credentials: async (options) =>
    environmentCredentials() ?? (await sdkDynamodb()).config.credentials(options),
  region: async () => environmentRegion() ?? (await sdkDynamodb()).config.region(),
};

/** Returns the process's client for DynamoDB. The SDK is loaded by the first call that does not go directly. */
export function dynamodbClient(observe?: Observe): DynamodbClient {
  observeClients = observe ?? observeClients;
  dynamodb ??= createClient(dynamodbService, sdkDynamodb, dynamodbEndpoint) as DynamodbClient;
  return dynamodb;
}

/** Returns the process's client for SQS. */
export function sqsClient(observe?: Observe): SqsClient {
  observeClients = observe ?? observeClients;
  sqs ??= createClient(sqsService, sdkSqs, sqsEndpoint) as SqsClient;
  return sqs;
}

function createClient(
  service: JsonService,
  load: () => Promise<unknown>,
  endpointOf: (address: string) => Endpoint | undefined,
): object {
  if (readTransport() === "sdk") {
    return { send: async (command: object) => ((await load()) as SdkClient).send(command) };
  }
  const direct = createDirectCalls(service, processIdentity, onDisabled, endpointOf);
  const sdk = once(async () => {
    const client = (await load()) as SdkClient;
    client.middlewareStack.add(direct.learn, { step: "finalizeRequest", name: "learnEndpoint" });
    return client;
  });
  return {
    async send(command: Command): Promise<object> {
      const bySdk = async (): Promise<{ output: object }> => ({ output: await (await sdk()).send(command) });
      const { output } = await direct.take(bySdk, command)(command);
      return output;
    },
  };
}
