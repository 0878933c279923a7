import { localCredentials } from "../../packages/local/src/credentials.ts";
import { createTable, startDynamodb } from "../../packages/local/src/dynamodb/index.ts";
import { producerEnv } from "../../packages/local/src/local-env.ts";
import { createQueues, startSqs } from "../../packages/local/src/sqs/index.ts";
import { createTeardown } from "../../packages/local/src/teardown.ts";

export interface ProducerServers {
  /** The environment of a process that publishes. */
  env: Record<string, string>;
  dynamodbPid: number;
  stop(): Promise<void>;
}

const region = "us-east-1";
const tableName = "hot-topic";

/** Starts the servers that a producer calls. No worker receives messages from the queue. */
export async function startProducerServers(): Promise<ProducerServers> {
  const teardown = createTeardown();
  try {
    const sqs = await startSqs({ region });
    teardown.defer("sqs", () => sqs.stop());
    const dynamodb = await startDynamodb();
    teardown.defer("dynamodb", () => dynamodb.stop());
    const access = { region, credentials: localCredentials };
    await createTable({ endpoint: dynamodb.endpoint, tableName, ...access });
    const { fanoutQueueUrl } = await createQueues({ endpoint: sqs.endpoint, ...access });
    const env = producerEnv({
      region,
      dynamodbEndpoint: dynamodb.endpoint,
      dynamodbTableName: tableName,
      sqsEndpoint: sqs.endpoint,
      fanoutQueueUrl,
      websocketUrl: "",
      managementEndpoint: "http://gateway.invalid",
    });
    return { env, dynamodbPid: dynamodb.pid, stop: () => teardown.run() };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
