import { describeStage } from "./stage.ts";

describeStage({
  stage: "production",
  keep: true,
  tracing: true,
  logLevel: "INFO",
  logRetentionDays: 30,
  eventRetentionSeconds: 86_400,
  maximumConcurrency: 4,
  maxPostsPerSecond: 1_750,
  oldestMessageSeconds: 300,
  throttledShare: 0.01,
  alarmEmail: "on-call@example.com",
});
