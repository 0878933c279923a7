import { type AlarmConditionsArgs, alarmConditions } from "./alarm-conditions.ts";

/** What somebody must look at, told to one topic. An alarm's name is its entry in the runbook. */
export function Alarms(args: AlarmConditionsArgs): aws.sns.Topic {
  const { email } = args.settings.alarms;
  const topic = new aws.sns.Topic("Alarms", { name: nameOf("alarms") });
  if (email !== undefined) {
    new aws.sns.TopicSubscription("AlarmEmail", { topic: topic.arn, protocol: "email", endpoint: email });
  }
  for (const [name, { description, ...condition }] of Object.entries(alarmConditions(args))) {
    new aws.cloudwatch.MetricAlarm(name, {
      name: nameOf(kebab(name)),
      alarmDescription: description,
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 1,
      // Nothing published is nothing wrong
      treatMissingData: "notBreaching",
      alarmActions: [topic.arn],
      okActions: [topic.arn],
      ...condition,
    });
  }
  return topic;
}

const nameOf = (name: string): string => `${$app.name}-${$app.stage}-${name}`;
const kebab = (name: string): string => name.replace(/\B[A-Z]/g, "-$&").toLowerCase();
