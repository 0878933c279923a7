import { Duration } from "aws-cdk-lib";
import { ComparisonOperator, type Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

export interface Watched {
  fanoutQueue: IQueue;
  deadLetterQueue: IQueue;
  websocket: IFunction;
  fanout: IFunction;
  publish?: IFunction | undefined;
}

const period = Duration.minutes(1);

/** Creates the alarms. Returns the SNS topic that they go to: subscribe an address, or no one receives them. */
export function addAlarms(scope: Construct, watched: Watched): Topic {
  const { fanoutQueue, deadLetterQueue, websocket, fanout, publish } = watched;
  const topic = new Topic(scope, "Alarms");
  const action = new SnsAction(topic);
  const add = (
    id: string,
    metric: Metric,
    alarmDescription: string,
    { threshold = 0, evaluationPeriods = 1 } = {},
  ): void => {
    const alarm = metric.createAlarm(scope, `${id}Alarm`, {
      alarmDescription,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Without publications there are no data, and that is not an alarm
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  };
  const queueMetric = { period, statistic: "Maximum" };
  add(
    "DeadLetters",
    deadLetterQueue.metricApproximateNumberOfMessagesVisible(queueMetric),
    "The dead-letter queue is not empty: deliveries given up on, or messages that cannot be decoded.",
  );
  add(
    "OldestMessage",
    fanoutQueue.metricApproximateAgeOfOldestMessage(queueMetric),
    "Something has waited in the fan-out queue for more than 300 seconds.",
    { threshold: 300, evaluationPeriods: 3 },
  );
  const threw = "The function threw, timed out or ran out of memory.";
  add("WebsocketErrors", websocket.metricErrors({ period, statistic: "Sum" }), threw);
  add("FanoutErrors", fanout.metricErrors({ period, statistic: "Sum" }), threw);
  if (publish) add("PublishErrors", publish.metricErrors({ period, statistic: "Sum" }), threw);
  return topic;
}
