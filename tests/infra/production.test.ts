import { describeStage } from "./stage.ts";

describeStage({
  stage: "production",
  keep: true,
  tracing: true,
  logLevel: "INFO",
  logDeliveries: "problems",
  accessLog: false,
  logRetentionDays: 30,
  eventRetentionSeconds: 86_400,
  maximumConcurrency: 4,
  maxPostsPerSecond: 1_750,
  oldestMessageSeconds: 300,
  throttledShare: 0.01,
  readUnitsPerSecond: 12_000,
  writeUnitsPerSecond: 4_000,
  messagesPerSecond: 1_500,
  messageBurst: 1_500,
  reservedConcurrency: { Websocket: 100, Fanout: 8 },
  alarmEmail: "on-call@example.com",
});
