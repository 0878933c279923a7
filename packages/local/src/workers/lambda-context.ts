import type { Context } from "aws-lambda";
import type { InvokeMessage } from "./worker-protocol.ts";

/** Creates the context of one invocation from the environment variables that the host sets, as Lambda does. */
export function createLambdaContext(
  { requestId, deadlineMs }: InvokeMessage,
  env: NodeJS.ProcessEnv = process.env,
): Pick<Context, ProvidedFields> {
  const functionName = env.AWS_LAMBDA_FUNCTION_NAME ?? "";
  return {
    awsRequestId: requestId,
    functionName,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION ?? "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${env.AWS_REGION}:000000000000:function:${functionName}`,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? "",
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME ?? "",
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME ?? "",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

/** Leaves out `done`, `fail` and `succeed`, which Lambda's Node.js 24 runtime does not have any more. */
type ProvidedFields = Exclude<keyof Context, "done" | "fail" | "succeed" | "clientContext" | "identity">;
