import { ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { WebSocketApi, WebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import { WebSocketLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { AttributeType, BillingMode, ProjectionType, Table } from "aws-cdk-lib/aws-dynamodb";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping, RecursiveLoop } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption, RedrivePermission } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { addAlarms } from "./alarms.ts";
import {
  answerPermissions,
  fanoutPermissions,
  publishPermissions,
  websocketPermissions,
} from "./permissions.ts";
import { pubsubFunction } from "./pubsub-function.ts";

const FANOUT_TIMEOUT = Duration.seconds(30);
const COMMON_QUEUE = {
  encryption: QueueEncryption.SQS_MANAGED,
  maxMessageSizeBytes: 1_048_576,
  // A policy that refuses requests without TLS
  enforceSSL: true,
};
const STAGE = "live";
/** The account has 10,000 requests a second. The posts of all workers leave 30 % of them to everything else. */
const ACCOUNT_POSTS_PER_SECOND = 7_000;
const MAX_WORKERS = 4;

export interface PubsubStackProps extends StackProps {
  /** Whether clients may publish, as functions/publish.ts decides: a route, a function and a role of its own. */
  clientPublish: boolean;
}

/** The table, the queues, the WebSocket API and its functions. */
export class PubsubStack extends Stack {
  constructor(scope: Construct, id: string, { clientPublish, ...props }: PubsubStackProps) {
    super(scope, id, props);
    const table = this.#table();
    const { fanoutQueue, deadLetterQueue } = this.#queues();
    const api = new WebSocketApi(this, "Api");
    const stage = new WebSocketStage(this, "Stage", {
      webSocketApi: api,
      stageName: STAGE,
      autoDeploy: true,
    });
    const connectionsFor = (method: "POST" | "DELETE"): string =>
      this.formatArn({
        service: "execute-api",
        resource: api.apiId,
        resourceName: `${STAGE}/${method}/@connections/*`,
      });
    const connections = connectionsFor("POST");
    const closing = connectionsFor("DELETE");
    const environment = {
      PUBSUB_TABLE_NAME: table.tableName,
      PUBSUB_QUEUE_URL: fanoutQueue.queueUrl,
      PUBSUB_MANAGEMENT_ENDPOINT: stage.callbackUrl,
      PUBSUB_LOG_DELIVERIES: "problems",
      PUBSUB_MAX_POSTS_PER_SECOND: String(Math.floor(ACCOUNT_POSTS_PER_SECOND / MAX_WORKERS)),
    };

    const websocket = pubsubFunction(this, "websocket", {
      environment,
      memorySize: 1_024,
      timeout: Duration.seconds(29),
      permissions: websocketPermissions({ table, connections, closing }),
      traced: false,
    });
    // One function handles these three routes
    const integration = new WebSocketLambdaIntegration("Integration", websocket);
    for (const route of ["$connect", "$disconnect", "$default"]) api.addRoute(route, { integration });

    const fanout = pubsubFunction(this, "fanout", {
      environment,
      memorySize: 1_769,
      timeout: FANOUT_TIMEOUT,
      // The fan-out queues redeliveries and further pages for itself. By default Lambda stops such a chain after about
      // 16 invocations: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      recursiveLoop: RecursiveLoop.ALLOW,
      permissions: fanoutPermissions({ table, fanoutQueue, deadLetterQueue, connections }),
      traced: true,
    });
    // Not an SqsEventSource, which would grant more than the function needs
    new EventSourceMapping(this, "FanoutMapping", {
      target: fanout,
      eventSourceArn: fanoutQueue.queueArn,
      batchSize: 10,
      maxBatchingWindow: Duration.seconds(0),
      maxConcurrency: MAX_WORKERS,
      // functions/fanout.ts returns the failed messages. Without this, Lambda ignores that list and deletes them
      reportBatchItemFailures: true,
    });

    const publish = clientPublish
      ? pubsubFunction(this, "publish", {
          environment,
          memorySize: 1_024,
          timeout: Duration.seconds(29),
          permissions: [
            ...publishPermissions({ table, fanoutQueue }),
            ...answerPermissions({ table, connections, closing }),
          ],
          traced: true,
        })
      : undefined;
    if (publish) {
      api.addRoute("PUBLISH", { integration: new WebSocketLambdaIntegration("PublishIntegration", publish) });
    }

    const producer = new ManagedPolicy(this, "ProducerPolicy", {
      statements: publishPermissions({ table, fanoutQueue }),
    });
    const alarms = addAlarms(this, { fanoutQueue, deadLetterQueue, websocket, fanout, publish });
    new CfnOutput(this, "WebsocketUrl", { value: stage.url });
    new CfnOutput(this, "TableName", { value: table.tableName });
    new CfnOutput(this, "FanoutQueueUrl", { value: fanoutQueue.queueUrl });
    new CfnOutput(this, "ProducerPolicyArn", { value: producer.managedPolicyArn });
    new CfnOutput(this, "AlarmTopicArn", { value: alarms.topicArn });
  }

  /** Topic log, subscriptions and fan-out ledger. */
  #table(): Table {
    const table = new Table(this, "Table", {
      partitionKey: { name: "p", type: AttributeType.STRING },
      sortKey: { name: "u", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: "expiresAt",
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    table.addGlobalSecondaryIndex({
      indexName: "SecondaryIndex",
      partitionKey: { name: "p2", type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    return table;
  }

  #queues(): { fanoutQueue: Queue; deadLetterQueue: Queue } {
    // It has a fixed name, because the two queues refer to each other
    const queueName = `${this.stackName}-fanout`;
    const arn = this.formatArn({
      service: "sqs",
      resource: queueName,
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    });
    const deadLetterQueue = new Queue(this, "DeadLetterQueue", {
      ...COMMON_QUEUE,
      retentionPeriod: Duration.days(14),
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, "FanoutQueueByName", arn)],
      },
    });
    const fanoutQueue = new Queue(this, "FanoutQueue", {
      ...COMMON_QUEUE,
      queueName,
      // Lambda recommends this, so that it can retry a throttled batch within it
      visibilityTimeout: Duration.seconds(6 * FANOUT_TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: 5 },
    });
    return { fanoutQueue, deadLetterQueue };
  }
}
