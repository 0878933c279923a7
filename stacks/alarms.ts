import { type AlarmConditionsArgs, alarmConditions } from "./alarm-conditions.ts";

/** Creates the alarms, which all notify one SNS topic. The runbook has an entry under each alarm's name. */
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
      // Without publications there is no data, which is not an error
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
