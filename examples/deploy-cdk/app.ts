import { App } from "aws-cdk-lib";
import { PubsubStack } from "./pubsub-stack.ts";

new PubsubStack(new App(), "Pubsub");
