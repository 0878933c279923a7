import path from "node:path";
import { withSettings, withWebsocketFunction } from "./decided-app.ts";
import { resourceTypes, typesElsewhere } from "./resource-types.ts";
import { REPOSITORY } from "./sst-platform.ts";
import type { Synthesis } from "./synthesis.ts";
import { synthesize } from "./synthesize.ts";

/** Synthesizes the example app with the outputs of the pubsub app, as its README says. */
export const synthesizeProducer = ({ outputs }: Synthesis): Promise<Synthesis> =>
  synthesize({
    stage: "dev",
    root: path.join(REPOSITORY, "examples/producer-app"),
    env: {
      PUBSUB_TABLE_ARN: String(outputs.tableArn),
      PUBSUB_FANOUT_QUEUE_ARN: String(outputs.fanoutQueueArn),
    },
  });

/** Synthesizes the production of somebody who has decided who may read. */
export const synthesizeProduction = (env: Record<string, string> = {}): Promise<Synthesis> =>
  withWebsocketFunction((root) => synthesize({ stage: "production", root, env }));

/** The same, where clients may publish too. */
export const synthesizePublishing = (): Promise<Synthesis> =>
  withSettings(
    (root) => synthesize({ stage: "production", root }),
    (text) => text.replace("clientPublish: false,", "clientPublish: true,"),
    {
      "functions/publish.ts": (text) =>
        text.replace(/^import.*undecided.*\n/m, "").replace(/undecided\w+/, "hook"),
    },
  );

/** Returns the expected text of every committed sst-env.d.ts, by path. */
export const resourceTypesOf = (pubsub: Synthesis, producer: Synthesis): Record<string, string> => ({
  "sst-env.d.ts": resourceTypes(pubsub.links),
  "functions/sst-env.d.ts": typesElsewhere("../sst-env.d.ts"),
  "examples/producer-app/sst-env.d.ts": resourceTypes(producer.links),
});
