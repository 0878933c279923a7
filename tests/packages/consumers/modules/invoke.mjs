/** Loads a bundled function as Lambda does, and invokes it. */
import { createRequire } from "node:module";
import { replyToPing } from "../exercise.cjs";

const [file = ""] = process.argv.slice(2);
const report = await replyToPing(async (managementEndpoint) => {
  Object.assign(process.env, {
    PUBSUB_TABLE_NAME: "pubsub",
    PUBSUB_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/fanout",
    PUBSUB_MANAGEMENT_ENDPOINT: managementEndpoint,
  });
  const { websocket } = file.endsWith(".mjs") ? await import(file) : createRequire(import.meta.url)(file);
  return websocket;
});
console.log(`report ${JSON.stringify(report)}`);
process.exit();
