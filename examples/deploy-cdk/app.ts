import { App } from "aws-cdk-lib";
import { PubsubStack } from "./pubsub-stack.ts";

const app = new App();
// `-c clientPublish=true`: clients may publish, as functions/publish.ts decides
new PubsubStack(app, "Pubsub", { clientPublish: app.node.tryGetContext("clientPublish") === "true" });
