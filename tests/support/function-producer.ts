import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/**
 * Publishes once in a process that looks like a Lambda function's. Returns the lines that the library wrote there.
 */
export async function publishAsFunction(
  env: Readonly<Record<string, string>>,
  request: { topicId: string; data: unknown; publicationId: string },
): Promise<string[]> {
  const script = `
    import { publishToTopic } from "lambda-websocket-pubsub";
    const { PUBSUB_TABLE_NAME: dynamodbTableName, PUBSUB_QUEUE_URL: fanoutQueueUrl, REQUEST } = process.env;
    await publishToTopic({ ...JSON.parse(REQUEST), config: { dynamodbTableName, fanoutQueueUrl } });`;
  const args = ["--conditions=pubsub-source", "--input-type=module", "--eval", script];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, ...env, AWS_LAMBDA_FUNCTION_NAME: "producer", REQUEST: JSON.stringify(request) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`the producer ended with ${code}`);
  return output.split("\n").filter((line) => line !== "");
}
