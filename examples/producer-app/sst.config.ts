/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  app({ stage }) {
    return {
      name: "pubsub-producer",
      home: "aws",
      removal: stage === "production" ? "retain" : "remove",
      protect: stage === "production",
    };
  },
  async run() {
    const { LinkPubsub } = await import("./stacks/pubsub.ts");

    // Both are outputs of the pubsub app. Put them into .env.<stage> of this app
    const { PUBSUB_TABLE_ARN, PUBSUB_FANOUT_QUEUE_ARN } = process.env;
    const pubsub = LinkPubsub({ tableArn: PUBSUB_TABLE_ARN, fanoutQueueArn: PUBSUB_FANOUT_QUEUE_ARN });

    const announce = new sst.aws.Function("Announce", {
      handler: "functions/announce.handler",
      architecture: "arm64",
      link: [pubsub],
    });
    return { announce: announce.name };
  },
});
