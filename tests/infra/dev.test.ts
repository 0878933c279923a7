import { describeStage } from "./stage.ts";

describeStage({
  stage: "dev",
  keep: false,
  tracing: false,
  logLevel: "DEBUG",
  logDeliveries: "all",
  accessLog: true,
  logRetentionDays: 7,
  eventRetentionSeconds: 3_600,
  maximumConcurrency: 2,
  maxPostsPerSecond: 500,
  oldestMessageSeconds: 900,
  throttledShare: 0.05,
  readUnitsPerSecond: 2_000,
  writeUnitsPerSecond: 500,
  messagesPerSecond: 200,
  messageBurst: 400,
  reservedConcurrency: { Websocket: 20, Fanout: 4 },
});
