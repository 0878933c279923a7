import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { publishToTopic } from "lambda-websocket-pubsub";
import { type FunctionFacts, findMapping, isDenied } from "../aws/mapping.ts";
import { type Check, fails, type Outcome, skipped, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";
import { writeForeignRow } from "../foreign-row.ts";
import { waitFor } from "../wait.ts";

/** CloudWatch shows a log line within seconds and a metric within two minutes, as a rule. */
const ARRIVES_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 5_000;
const NAMESPACE = "LambdaWebsocketPubsub";
const PERIOD_SECONDS = 60;

const NO_CLOUDWATCH = "the local stack has no CloudWatch";

const base = {
  usage: { messages: 4, invocations: 4, writeUnits: 12, readUnits: 20, sqsRequests: 4 },
  timeoutMs: ARRIVES_WITHIN_MS + 60_000,
};

export const telemetryChecks: readonly Check[] = [
  {
    id: "dead-letter-alarm",
    what: "an alarm on the dead-letter queue",
    expected: "at least one, on ApproximateNumberOfMessagesVisible, with its actions enabled",
    usage: { sqsRequests: 2 },
    async run(context) {
      if (context.target.kind === "local") return skipped(NO_CLOUDWATCH);
      try {
        return await deadLetterAlarm(context);
      } catch (error) {
        if (isDenied(error)) return skipped(`these credentials may not read it: ${String(error)}`);
        throw error;
      }
    },
  },
  {
    id: "logs",
    what: "the log line of a problem arrives in CloudWatch Logs",
    expected: "rows-malformed with the topic of a row that is no subscription",
    ...base,
    run: (context) =>
      withFacts(context, async ({ logGroup: logGroupName }) => {
        const startTime = Date.now() - PERIOD_SECONDS * 1_000;
        const topicId = await publish(context);
        const { FilterLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
        const client = await context.clients.logs();
        const filterPattern = `{ $.message = "rows-malformed" && $.topicId = "${topicId}" }`;
        const command = new FilterLogEventsCommand({ logGroupName, startTime, filterPattern });
        const found = await waitFor(waiting(context), async () => {
          const { events = [] } = await client.send(command);
          return events.length > 0 ? true : undefined;
        });
        return verdict(found === true, found ? "it arrived" : "it did not arrive within 5 minutes");
      }),
  },
  {
    id: "metrics",
    what: "the metric of a publication arrives in CloudWatch",
    expected: `Delivered in ${NAMESPACE}, with the function's service`,
    ...base,
    run: (context) =>
      withFacts(context, async ({ environment }) => {
        const startTime = new Date(Date.now() - PERIOD_SECONDS * 1_000);
        await publish(context);
        const { GetMetricStatisticsCommand } = await import("@aws-sdk/client-cloudwatch");
        const client = await context.clients.cloudwatch();
        const service = environment.POWERTOOLS_SERVICE_NAME ?? "service_undefined";
        const delivered = await waitFor(waiting(context), async () => {
          const { Datapoints = [] } = await client.send(
            new GetMetricStatisticsCommand({
              Namespace: NAMESPACE,
              MetricName: "Delivered",
              Dimensions: [{ Name: "service", Value: service }],
              StartTime: startTime,
              EndTime: new Date(),
              Period: PERIOD_SECONDS,
              Statistics: ["Sum"],
            }),
          );
          const sum = Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0);
          return sum > 0 ? sum : undefined;
        });
        const saw = delivered === undefined ? "nothing within 5 minutes" : `Delivered ${delivered}`;
        return verdict(delivered !== undefined, `${saw} of service ${service}`);
      }),
  },
];

const waiting = ({ signal }: VerifyContext) => ({
  signal,
  withinMs: ARRIVES_WITHIN_MS,
  everyMs: LOOK_EVERY_MS,
});

async function withFacts(
  context: VerifyContext,
  check: (facts: FunctionFacts) => Promise<Outcome>,
): Promise<Outcome> {
  if (context.target.kind === "local") return skipped(NO_CLOUDWATCH);
  const mapping = await findMapping(context);
  if (typeof mapping === "string") return skipped(mapping);
  try {
    return await check(await mapping.configuration());
  } catch (error) {
    if (isDenied(error)) return skipped(`these credentials may not read it: ${String(error)}`);
    throw error;
  }
}

/**
 * Publishes to a subscriber and to a row that is no subscription. A stage can log only problems, and can write its metrics only
 * once a minute, but what it reports about such a row it writes at once.
 */
async function publish(context: VerifyContext): Promise<string> {
  const { topicId } = await context.subscriber();
  await writeForeignRow(context, topicId);
  await publishToTopic({ topicId, data: "logged", config: context.config });
  return topicId;
}

async function deadLetterAlarm({ clients, target }: VerifyContext): Promise<Outcome> {
  const { DescribeAlarmsForMetricCommand } = await import("@aws-sdk/client-cloudwatch");
  const { Attributes } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: target.queue, AttributeNames: ["RedrivePolicy"] }),
  );
  const { deadLetterTargetArn = "" } = JSON.parse(Attributes?.RedrivePolicy ?? "{}") as Record<
    string,
    string
  >;
  if (deadLetterTargetArn === "") return fails("the fan-out queue has no redrive policy");
  const client = await clients.cloudwatch();
  const { MetricAlarms = [] } = await client.send(
    new DescribeAlarmsForMetricCommand({
      Namespace: "AWS/SQS",
      MetricName: "ApproximateNumberOfMessagesVisible",
      Dimensions: [{ Name: "QueueName", Value: deadLetterTargetArn.split(":").at(-1) }],
    }),
  );
  const enabled = MetricAlarms.filter(({ ActionsEnabled }) => ActionsEnabled);
  return verdict(
    enabled.length > 0,
    `alarms: ${MetricAlarms.length}, with actions enabled: ${enabled.length}`,
  );
}
