import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Target } from "../target.ts";

/** The SDK's clients. Those that only some checks need are loaded when the first of them runs. */
export interface Clients {
  dynamodb: DynamoDBClient;
  sqs: SQSClient;
  region(): Promise<string>;
  /** Undefined for a local stack that has no Lambda API. */
  lambda(): Promise<import("@aws-sdk/client-lambda").LambdaClient | undefined>;
  iam(): Promise<import("@aws-sdk/client-iam").IAMClient>;
  logs(): Promise<import("@aws-sdk/client-cloudwatch-logs").CloudWatchLogsClient>;
  cloudwatch(): Promise<import("@aws-sdk/client-cloudwatch").CloudWatchClient>;
  destroy(): void;
}

/** Region, credentials and endpoints are the SDK's own settings. */
export function createClients({ kind }: Pick<Target, "kind">): Clients {
  const dynamodb = new DynamoDBClient({});
  const sqs = new SQSClient({});
  const opened: { destroy(): void }[] = [dynamodb, sqs];
  function kept<Client extends { destroy(): void }>(client: Client): Client {
    opened.push(client);
    return client;
  }
  return {
    dynamodb,
    sqs,
    region: async () => dynamodb.config.region(),
    async lambda() {
      if (kind === "local" && !process.env.AWS_ENDPOINT_URL_LAMBDA) return undefined;
      const { LambdaClient } = await import("@aws-sdk/client-lambda");
      return kept(new LambdaClient({}));
    },
    async iam() {
      const { IAMClient } = await import("@aws-sdk/client-iam");
      return kept(new IAMClient({}));
    },
    async logs() {
      const { CloudWatchLogsClient } = await import("@aws-sdk/client-cloudwatch-logs");
      return kept(new CloudWatchLogsClient({}));
    },
    async cloudwatch() {
      const { CloudWatchClient } = await import("@aws-sdk/client-cloudwatch");
      return kept(new CloudWatchClient({}));
    },
    destroy() {
      for (const client of opened) client.destroy();
    },
  };
}
