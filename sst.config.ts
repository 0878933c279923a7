/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app({ stage }) {
    const { settingsFor } = await import("./stacks/settings.ts");
    const { keep } = settingsFor(stage);
    return {
      name: "lambda-websocket-pubsub",
      // The functions import the `sst` package, whose version must match
      version: "4.17.1",
      home: "aws",
      removal: keep ? "retain" : "remove",
      protect: keep,
      types: { ignore: ["packages", "examples"] },
    };
  },
  async run() {
    const { linksGrantNothing } = await import("./stacks/links.ts");
    const { settingsFor } = await import("./stacks/settings.ts");
    const { Storage } = await import("./stacks/storage.ts");
    const { Messaging } = await import("./stacks/messaging.ts");
    const { Operator } = await import("./stacks/operator.ts");
    const { Producer } = await import("./stacks/producer.ts");
    const { Realtime } = await import("./stacks/realtime.ts");
    const { Observability } = await import("./stacks/observability.ts");

    linksGrantNothing();
    const settings = settingsFor($app.stage);

    // producer ──► topic log ──► fan-out queue ──► fan-out worker ──► WebSocket API ══► subscriber
    const storage = Storage(settings);
    const messaging = Messaging(settings);
    const realtime = Realtime({ settings, ...storage, ...messaging });
    Operator({ settings, ...storage, ...messaging, ...realtime });
    Producer({ settings, ...storage, ...messaging, ...realtime });
    const { dashboardName } = Observability({ settings, ...storage, ...messaging, ...realtime });

    return {
      url: realtime.api.url,
      dashboard: dashboardName,
      // A producer in another app needs these outputs; see examples/producer-app
      tableArn: storage.table.arn,
      fanoutQueueArn: messaging.fanoutQueue.arn,
    };
  },
});
