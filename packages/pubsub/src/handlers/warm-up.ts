import { isRecord } from "../core/options/option-rules.ts";

/**
 * The `source` of events that only keep a function warm: of the Serverless plugin, and of a schedule of EventBridge.
 * https://www.serverless.com/plugins/serverless-plugin-warmup
 * https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
 */
const SOURCES = ["serverless-plugin-warmup", "aws.events", "aws.scheduler"];

/**
 * Returns who sent an event that only keeps a function warm, or undefined for any other event. `lambda-warmer` sends
 * `{ warmer: true }` (https://github.com/jeremydaly/lambda-warmer).
 */
export function warmUpSource(event: unknown): string | undefined {
  if (!isRecord(event) || "requestContext" in event || "Records" in event) return undefined;
  if (event.warmer === true) return "lambda-warmer";
  return SOURCES.find((source) => source === event.source);
}
